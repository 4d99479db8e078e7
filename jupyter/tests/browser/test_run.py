"""Run All of the notebooks: one by one, two at once, in the dark theme, and on data of one's own."""

import random
import tempfile
import unittest
from pathlib import Path

from execute import NO_FIGURE
from lab import NOTEBOOK_NAMES, OPTIONS, SECOND, BrowserTest, width_of

# The lowest contrast of a text with what is behind it, over all figures of the page. Behind it is the figure's own ground
# or, where that lets it through, the page's. The formula is WCAG's.
LOWEST_CONTRAST = """() => {
    const channels = colour => (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const alpha = colour => colour === 'none' ? 0 : channels(colour)[3] ?? 1;
    const luminance = colour => channels(colour).slice(0, 3)
        .map(value => value / 255)
        .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (alpha(colour) > 0.5) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const all = [];
    for (const figure of document.querySelectorAll('.jp-Notebook .js-plotly-plot')) {
        const behind = luminance(ground(figure.querySelector('.main-svg')));
        for (const text of figure.querySelectorAll('.gtitle, .xtitle, .ytitle, .xtick text, .ytick text, .legendtext')) {
            const front = luminance(getComputedStyle(text).fill);
            const [high, low] = front > behind ? [front, behind] : [behind, front];
            all.push({text: text.textContent, contrast: (high + 0.05) / (low + 0.05)});
        }
    }
    return all.sort((one, other) => one.contrast - other.contrast)[0] ?? null;
}"""


class RunAll(BrowserTest):
    def setUp(self):
        super().setUp()
        self.is_two_columns = width_of(OPTIONS.data) == 2

    def run_and_check(self, name: str) -> None:
        path, n_figures = self.copy_of(name)
        with self.page() as notebook:
            notebook.open(path)
            notebook.start_all()
            notebook.wait_for_end()
            notebook.page.screenshot(path=OPTIONS.screenshots / f"{Path(name).stem}.png")
            self.check_figures(notebook, n_figures, self.is_two_columns)
            notebook.picture_figures(Path(name).stem)

    def test_exploration_runs_to_its_end_and_draws_every_figure(self):
        self.run_and_check("exploration.ipynb")

    def test_train_runs_to_its_end_and_draws_every_figure(self):
        self.run_and_check("train.ipynb")

    def test_compare_runs_to_its_end_and_draws_every_figure(self):
        self.run_and_check("compare.ipynb")

    def test_two_notebooks_run_at_once(self):
        copies = [self.copy_of(name) for name in NOTEBOOK_NAMES[:2]]
        with self.page() as one, self.page() as other:
            for notebook, (path, _) in zip((one, other), copies):
                notebook.open(path)
            for notebook in (one, other):
                notebook.start_all()
            for notebook, (_, n_figures) in zip((one, other), copies):
                notebook.wait_for_end()
                self.check_figures(notebook, n_figures, self.is_two_columns)

    def test_figures_can_be_read_in_the_dark_theme(self):
        copies = [self.copy_of(name) for name in NOTEBOOK_NAMES]
        for path, n_figures in copies:
            with self.page() as notebook:
                notebook.open(path)
                notebook.choose_theme("JupyterLab Dark", is_light=False)
                try:
                    notebook.start_all()
                    notebook.wait_for_end()
                    self.check_figures(notebook, n_figures, self.is_two_columns)
                    notebook.picture_figures(f"dark-{path.rpartition('-')[2].removesuffix('.ipynb')}")
                    lowest = notebook.page.evaluate(LOWEST_CONTRAST)
                    self.assertIsNotNone(lowest)
                    self.assertGreaterEqual(lowest["contrast"], 4.5, lowest)
                finally:
                    notebook.choose_theme("JupyterLab Light", is_light=True)
                    notebook.page.wait_for_timeout(SECOND)  # for it to be saved


def five_columns(seed: int, rows: int) -> str:
    """A CSV with five columns and names of its own, two of which want care: a blank, and a letter beyond ASCII."""
    draw = random.Random(seed)
    lines = ["speed,engine load,température,age_days,price"]
    for _ in range(rows):
        lines.append(",".join(f"{draw.gauss(centre, spread):.3f}" for centre, spread in ((80, 10), (0.5, 0.1), (20, 5), (400, 90), (12, 3))))
    lines.append("300,0.9,,4000,90")  # an outlier with a missing value
    return "\n".join(lines) + "\n"


class OwnData(BrowserTest):
    def run_all(self, change=lambda source: source) -> None:
        for name in NOTEBOOK_NAMES:
            path, n_figures = self.copy_of(name, change)
            with self.page() as notebook:
                notebook.open(path)
                notebook.start_all()
                notebook.wait_for_end()
                self.check_figures(notebook, n_figures, is_two_columns=False)
                titles = [figure["title"] for figure in notebook.figures()]
                without = [title for title in titles if NO_FIGURE.search(title)]
                self.assertEqual(bool(without), name != "exploration.ipynb", titles)
                if name == "exploration.ipynb":
                    drawn = notebook.page.locator(".jp-Notebook .js-plotly-plot").all_text_contents()
                    self.assertTrue(any("engine load" in words for words in drawn), drawn)

    @unittest.skipIf(OPTIONS.url, "the server was started by somebody else; the next test does it by the notebook's setting")
    def test_five_columns_with_other_names_by_data_dir(self):
        """Before them a sixth one, without a number: it must not stand in the others' way."""
        with tempfile.TemporaryDirectory() as folder:
            for seed, name in enumerate(("train.csv", "test.csv")):
                header, *rows = five_columns(seed, 500).splitlines()
                Path(folder, name).write_text("\n".join([f"note,{header}", *(f",{row}" for row in rows)]), encoding="utf-8")
            with self.own_server(DATA_DIR=folder):
                self.run_all()

    def test_five_columns_with_other_names_by_the_notebooks_setting(self):
        folder = self.server.write("browser-test-own-data", None, "directory")
        name = folder.rpartition("/")[2]
        for seed, file in enumerate(("train.csv", "test.csv")):
            self.server.write(f"{name}/{file}", five_columns(seed, 500), "file")
        setting = 'let data_dir = std::env::var("DATA_DIR").unwrap_or("../data".to_string());'

        def change(source: str) -> str:
            return source.replace(setting, f'let data_dir = "{name}".to_string();')

        self.assertNotEqual(change(setting), setting)
        self.run_all(change)

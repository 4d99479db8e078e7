// Draws each figure of the page over its still picture, which stays where there is no JavaScript.
for (const figure of document.querySelectorAll("figure.plot")) {
  const { data, layout, config } = JSON.parse(figure.querySelector("script").textContent);
  const live = figure.appendChild(document.createElement("div"));
  Plotly.newPlot(live, data, layout, config).then(() => figure.querySelector(".still").remove());
}

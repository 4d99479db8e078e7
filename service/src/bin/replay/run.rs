//! A run from the file to the summary.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use isoforest::data::{Table, read_csv};

use crate::{
    Options,
    client::{Client, Information, Kind},
    interrupt::Interrupt,
    report::{Progress, Summary},
    say,
    schedule::{Due, Schedule},
    selection::Selection,
    tally::Tally,
};

/// How often the progress is brought up to date.
const REDRAW: Duration = Duration::from_millis(50);
/// After a failed connection: time for the service to come back.
const PAUSE: Duration = Duration::from_millis(200);
/// So many requests without any answer: the service is gone, and a run that has an end ends.
const GIVE_UP_AFTER: u64 = 50;

/// Sends the rows and prints the summary; whether every request was answered.
pub fn run(options: &Options) -> anyhow::Result<bool> {
    let table = rows(options)?;
    let client = Client::new(&options.url);
    client.check_ready()?;
    let interrupt = Interrupt::on_signal()?;
    let n_rows = table.values.nrows();
    let selection = Selection::new(n_rows, options.score_share, options.seed);
    let schedule = Schedule::new(n_rows, options.rate, options.endless, selection);
    let total = schedule.total();

    let mut progress = Progress::new(total);
    let shared = Shared { table, schedule: Mutex::new(schedule), tally: Mutex::new(Tally::new()), interrupt };
    shared.send_all(options, &mut progress);
    let elapsed = progress.finish();

    let information = client.model_information();
    let tally = shared.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let summary = Summary { tally: &tally, total, elapsed, information: &information };
    // That nobody reads it is no reason to fail.
    let _ = writeln!(io::stdout(), "{summary}");
    Ok(information.is_ok_and(|information| has_columns_of(&shared.table, &information)) && tally.failed() == 0)
}

/// The file's rows, shifted as asked for.
fn rows(options: &Options) -> anyhow::Result<Table> {
    let mut table = read_csv(options.data())?;
    for shift in &options.shift {
        shift.apply(&mut table)?;
    }
    Ok(table)
}

/// Rows go out by position: with other columns, or in another order, the answers mean nothing.
fn has_columns_of(table: &Table, information: &Information) -> bool {
    let expected = &information.model.feature_names;
    let fits = *expected == table.feature_names;
    if !fits {
        say(format_args!(
            "error: the model wants the features {} in this order, the file has {}; the answers mean nothing",
            expected.join(", "),
            table.feature_names.join(", "),
        ));
    }
    fits
}

/// What the connections have in common.
struct Shared {
    table: Table,
    schedule: Mutex<Schedule>,
    tally: Mutex<Tally>,
    interrupt: Interrupt,
}

impl Shared {
    /// Sends until the rows are used up or the user has seen enough.
    fn send_all(&self, options: &Options, progress: &mut Progress) {
        let start = Instant::now();
        thread::scope(|scope| {
            let workers: Vec<_> = (0..options.concurrency).map(|_| scope.spawn(|| self.send(options, start))).collect();
            while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
                progress.show(&lock(&self.tally));
                thread::sleep(REDRAW);
            }
        });
    }

    /// One connection: takes a row, waits until it is due, sends it.
    fn send(&self, options: &Options, start: Instant) {
        let client = Client::new(&options.url);
        while let Some(due) = self.next_due() {
            self.interrupt.sleep(due.at.saturating_sub(start.elapsed()));
            if self.interrupt.is_set() {
                return;
            }
            let row = self.table.values.row(due.row).to_vec();
            let sent = Instant::now();
            match client.predict(&row, due.with_score) {
                Ok(verdict) => lock(&self.tally).add_answer(verdict, due.with_score, sent.elapsed()),
                Err(failure) => {
                    let is_silence = failure.kind == Kind::NoAnswer;
                    let in_a_row = {
                        let mut tally = lock(&self.tally);
                        tally.add_failure(failure);
                        tally.unanswered_in_a_row
                    };
                    if in_a_row >= GIVE_UP_AFTER && !options.endless {
                        self.interrupt.set();
                    } else if is_silence {
                        self.interrupt.sleep(PAUSE);
                    }
                }
            }
        }
    }

    fn next_due(&self) -> Option<Due> {
        if self.interrupt.is_set() { None } else { lock(&self.schedule).next() }
    }
}

/// What another thread left behind is whole: none of them panics between two changes.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The exact commands of the page. Most steps share theirs with others, so that each list stands in the
//! page once, and rows refer to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::commands::{Run, When, account, place, runs};
use super::super::rows::StepRow;
use crate::plan::{Plan, Step};
use crate::transport::Command;
use crate::view::group::group;
use crate::view::html::escape::{escaped, lines};
use crate::view::words;

/// What the commands of a step come from: steps with the same of it have the same commands. Lists that are
/// shared are told by where they are in memory, since comparing them by their text takes longer than all
/// else on the page.
type Origin<'a> = (List, Option<List>, Vec<(&'a str, &'a str, &'a str)>, Option<&'a str>);
type List = (*const Command, usize);

fn origin<'a>(plan: &Plan, step: &'a Step) -> Origin<'a> {
    let list = |commands: &[Command]| (commands.as_ptr(), commands.len());
    let needs = step.needs_healthy.iter();
    let needs = needs.map(|need| (place(step, need), need.component.as_str(), need.check.name()));
    let asked = plan.asked.contains_key(&step.id).then_some(&*step.id);
    (list(&step.commands), step.back().map(|back| list(back)), needs.collect(), asked)
}

#[derive(Default)]
pub(super) struct Pool<'a> {
    /// The number of each list, by where it comes from and by what it looks like.
    origins: BTreeMap<Origin<'a>, usize>,
    numbers: BTreeMap<String, usize>,
    /// The lists as they stand in the page.
    lists: Vec<String>,
}

impl<'a> Pool<'a> {
    /// Where the commands of a row are, by host where they differ.
    pub(super) fn refer(&mut self, plan: &'a Plan, row: &StepRow<'a>) -> String {
        let said = |steps: &[&Step]| {
            let hosts = words::hosts(steps.iter().map(|step| step.host.as_str()));
            escaped(&format!(
                "{} {} on {hosts}",
                words::action(row.same.action),
                row.same.component
            ))
        };
        let numbered: Vec<(usize, &'a Step)> =
            group(row.steps.iter().copied(), |step| origin(plan, step))
                .into_iter()
                .flat_map(|(origin, steps)| {
                    let number = self.number(plan, origin, &steps, &said);
                    steps.into_iter().map(move |step| (number, step))
                })
                .collect();
        let mut out = String::from("<div class=\"commands\">");
        for (number, steps) in group(numbered, |(number, _)| *number) {
            let steps: Vec<&Step> = steps.into_iter().map(|(_, step)| step).collect();
            let said = said(&steps);
            let _ =
                write!(out, "<p><a class=\"runs\" href=\"#c{number}\">Commands: {said}</a></p>");
        }
        out + "</div>"
    }

    fn number(
        &mut self,
        plan: &Plan,
        origin: Origin<'a>,
        steps: &[&'a Step],
        said: &impl Fn(&[&Step]) -> String,
    ) -> usize {
        if let Some(number) = self.origins.get(&origin) {
            return *number;
        }
        let list = steps.first().map(|step| list(&runs(plan, step))).unwrap_or_default();
        let number = self.numbers.get(&list).copied().unwrap_or(self.lists.len());
        if number == self.lists.len() {
            self.lists.push(format!(
                "<details class=\"pool\" id=\"c{number}\"><summary>As for: {}</summary>\n<div>{list}</div></details>\n",
                said(steps)
            ));
            self.numbers.insert(list, number);
        }
        self.origins.insert(origin, number);
        number
    }

    /// All lists.
    pub(super) fn render(&self) -> String {
        self.lists.concat()
    }
}

fn list(runs: &[Run<'_>]) -> String {
    if runs.is_empty() {
        return "<p class=\"dim\">Nothing runs on a host.</p>".to_owned();
    }
    let mut out = String::new();
    for together in runs.chunk_by(|one, next| one.when == next.when) {
        let title = match together.first().map(|run| run.when) {
            Some(When::Before) => "Asked when it starts",
            Some(When::Back) => "On the way back",
            Some(When::Own) | None => "Runs",
        };
        let _ = write!(out, "<p class=\"phase\">{title}</p><ol>");
        for run in together {
            let command = run.command;
            let what =
                escaped(&format!("{},{} within {}", run.what, account(command), command.within));
            let text = lines(&command.run);
            let _ = write!(out, "<li><p>{what}</p>");
            let text = if text.is_empty() {
                "<p class=\"dim\">(by mdc itself, no text for a shell)</p></li>".to_owned()
            } else {
                format!("<pre><code>{text}</code></pre></li>")
            };
            out.push_str(&text);
        }
        out.push_str("</ol>\n");
    }
    out
}

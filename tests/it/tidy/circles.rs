//! Circles between files: whoever reads one file of a circle must read them all, so there are none.

use std::collections::{BTreeMap, BTreeSet};

use super::fail_on;
use super::graph::{ModulePath, arrows, shown};

/// The circles that still stand, each with its package. The list may only get shorter: who mends
/// one takes it off here.
const STANDING: &[(&str, &str)] = &[
    // Rebuilt as a whole in a later step: see ARCHITECTURE.md.
    (
        "src",
        "control/events control/grants control/journal control/pending control/signer \
         control/stops",
    ),
    ("src", "problem/details problem/limits problem/own problem/rows"),
];

/// Files by what each names directly, in one package.
type Graph = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

#[test]
fn files_name_each_other_one_way() {
    let mut complaints = Vec::new();
    for package in ["src", "core/src"] {
        let graph = graph(package);
        let mut standing: Vec<&str> =
            STANDING.iter().filter(|(of, _)| *of == package).map(|(_, files)| *files).collect();
        for circle in circles(&graph) {
            let names: Vec<String> = circle.iter().map(|file| shown(file)).collect();
            match standing.iter().position(|files| *files == names.join(" ")) {
                Some(at) => drop(standing.remove(at)),
                None => complaints.push(describe(package, &circle, &graph)),
            }
        }
        let gone = |files: &str| format!("{package}: no longer a circle, take it off: {files}");
        complaints.extend(standing.into_iter().map(gone));
    }
    fail_on(&complaints);
}

fn graph(package: &str) -> Graph {
    let mut graph = Graph::new();
    for arrow in arrows(package) {
        graph.entry(arrow.from).or_default().insert(arrow.to);
    }
    graph
}

/// The groups of files that all reach each other, each sorted.
fn circles(graph: &Graph) -> Vec<BTreeSet<ModulePath>> {
    let reach: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        graph.keys().map(|file| (file, reached(graph, file))).collect();
    let mut found: Vec<BTreeSet<ModulePath>> = Vec::new();
    for (file, reached) in &reach {
        let is_new = !found.iter().any(|circle| circle.contains(*file));
        if is_new && reached.contains(file) {
            let both =
                |other: &&&ModulePath| reach.get(**other).is_some_and(|it| it.contains(file));
            found.push(reached.iter().filter(both).map(|other| (*other).clone()).collect());
        }
    }
    found
}

/// All files that arrows lead to from one, in any number of steps.
fn reached<'g>(graph: &'g Graph, from: &ModulePath) -> BTreeSet<&'g ModulePath> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&ModulePath> = graph.get(from).into_iter().flatten().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(graph.get(file).into_iter().flatten());
        }
    }
    found
}

/// A circle with its arrows.
fn describe(package: &str, circle: &BTreeSet<ModulePath>, graph: &Graph) -> String {
    let mut text = format!("{package}: {} files in a circle", circle.len());
    for file in circle {
        let named: Vec<String> =
            graph[file].intersection(circle).map(|other| shown(other)).collect();
        text += &format!("\n    {} -> {}", shown(file), named.join(" "));
    }
    text
}

#[test]
fn a_circle_is_found_with_all_its_files() {
    let pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("f", "a")];
    let mut graph = Graph::new();
    for (from, to) in pairs {
        graph.entry(vec![from.to_owned()]).or_default().insert(vec![to.to_owned()]);
    }
    let found = circles(&graph);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].iter().map(|file| shown(file)).collect::<Vec<_>>(), ["a", "b", "c"]);
}

use isoforest::Tree;

/// Which of `n_rows` training rows come to each node, by `goes_left(node, row)`.
pub fn rows_of_nodes(tree: &Tree, n_rows: usize, goes_left: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); tree.n_nodes()];
    rows[0] = (0..n_rows).collect();
    // A parent stands before its children.
    for node in 0..tree.n_nodes() {
        if let Some((left, right)) = tree.children(node) {
            (rows[left], rows[right]) = rows[node].iter().partition(|&&row| goes_left(node, row));
        }
    }
    rows
}

//! Stands in for the crate `hashbrown` where the kernel reads the standard library's sources to infer types.
//!
//! The standard library's maps and sets hold types of `hashbrown`, which `rust-src` does not bring; without any, nothing
//! that is read from a map has a type. Names and generics are all that inference needs. This file is never compiled.

/// The types inside the standard library's maps.
pub mod hash_map {
    pub struct HashMap<K, V, S, A>(K, V, S, A);
    pub struct Iter<'a, K, V>(&'a K, &'a V);
    pub struct IterMut<'a, K, V>(&'a K, &'a mut V);
    pub struct IntoIter<K, V, A>(K, V, A);
    pub struct Drain<'a, K, V, A>(&'a K, V, A);
    pub struct ExtractIf<'a, K, V, F, A>(&'a K, V, F, A);
    pub struct RustcOccupiedEntry<'a, K, V, A>(&'a K, V, A);
    pub struct RustcVacantEntry<'a, K, V, A>(&'a K, V, A);
    pub enum RustcEntry<'a, K, V, A> {
        Occupied(RustcOccupiedEntry<'a, K, V, A>),
        Vacant(RustcVacantEntry<'a, K, V, A>),
    }
}

/// The types inside the standard library's sets.
pub mod hash_set {
    pub struct HashSet<T, S, A>(T, S, A);
    pub struct Iter<'a, K>(&'a K);
    pub struct IntoIter<K, A>(K, A);
    pub struct Drain<'a, K, A>(&'a K, A);
    pub struct ExtractIf<'a, K, F, A>(&'a K, F, A);
    pub struct OccupiedEntry<'a, T, S, A>(&'a T, S, A);
    pub struct VacantEntry<'a, T, S, A>(&'a T, S, A);
    pub enum Entry<'a, T, S, A> {
        Occupied(OccupiedEntry<'a, T, S, A>),
        Vacant(VacantEntry<'a, T, S, A>),
    }
}

//! Nothing to see: this crate has no code, only dependencies.
//!
//! The libraries of the lessons stand on some common crates and ask for different features of these. Cargo
//! compiles a crate once for each set of features, and all that stands on it, too: without this crate,
//! ring and rustls would be compiled anew when lesson 10 is built after lesson 06. Whoever depends on it asks
//! for all features that anybody asks for.

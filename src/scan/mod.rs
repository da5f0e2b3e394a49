//! Files submitted to the cluster's API Gateway, as its clients do: a harmless file and the EICAR
//! test pattern before and after a plan, and the load of a rehearsal while it runs; and how many scans
//! are in progress, where a route tells.
//!
//! Routes and answers are those of MD Core's `OpenAPI` document 5.6.1 (`POST /file`,
//! `GET /file/{data_id}`), which the vendor's page on the API Gateway names too.

mod answer;
mod gateway;
mod history;
pub mod load;

mod sample;
mod test;
mod trouble;

pub use answer::{Seen, Verdict};
pub use gateway::{Gateway, ToGateway};
pub use history::{History, ToHistory};
pub use sample::{Noise, Sample};
pub use test::{Scanned, Wait, compare, test};
pub use trouble::Trouble;

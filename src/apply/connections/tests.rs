use std::io::Read;
use std::sync::Barrier;

use super::*;
use crate::transport::{Command, Order, Output, Questions, Tenure, Verdict};

/// A connection whose end waits until others got on.
struct Slow(&'static Barrier);

impl Drop for Slow {
    fn drop(&mut self) {
        self.0.wait();
    }
}

impl Connection for Slow {
    fn run(&mut self, _: &Command, _: Option<&mut dyn Read>) -> Result<Output, Failure> {
        unreachable!()
    }

    fn ask(&mut self, _: &Questions, _: Duration) -> Result<Vec<u8>, Failure> {
        unreachable!()
    }

    fn order(&mut self, _: &Tenure, _: &Order<'_>) -> Result<Verdict, Failure> {
        unreachable!()
    }
}

fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

fn barrier() -> &'static Barrier {
    Box::leak(Box::new(Barrier::new(2)))
}

/// Would not end if closing held up whoever works with another host.
#[test]
fn nobody_waits_while_a_stale_connection_is_closed() {
    let met = barrier();
    let dial = |_: &HostName| Ok(Box::new(Slow(met)) as Box<dyn Connection>);
    let connections = {
        let mut made = Connections::new(&dial);
        made.fresh = Duration::ZERO;
        made
    };
    connections.with(&host("a"), |_| Ok(())).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| connections.with(&host("a"), |_| Ok(())).unwrap());
        // The first one's end meets this.
        connections
            .with(&host("b"), |_| {
                met.wait();
                Ok(())
            })
            .unwrap();
    });
    // The two that are left meet each other: they are closed at once.
    drop(connections);
}

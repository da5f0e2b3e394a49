//! One connection, worked by a thread of its own: the library waits for an answer without a limit,
//! and a server that is frozen gives none.

use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use postgres::{Client, Error};

use super::server::Server;
use super::trouble::Trouble;

/// How long an answer is waited for: longer than the server works on a statement, and for a secret's
/// command besides.
const ANSWER: Duration = Duration::from_secs(45);

type Task = Box<dyn FnOnce(&mut Client) + Send>;

/// A connection. Its thread ends when it is dropped and what it works on has ended.
pub(super) struct Wire {
    tasks: Sender<Task>,
}

impl Wire {
    pub(super) fn connect(server: &Server) -> Result<Self, Trouble> {
        let (tasks, todo) = channel::<Task>();
        let (tell, told) = sync_channel(1);
        let server = server.clone();
        thread::spawn(move || match server.connect() {
            Ok(mut client) => {
                let _ = tell.send(Ok(()));
                for task in todo {
                    task(&mut client);
                }
            }
            Err(trouble) => drop(tell.send(Err(trouble))),
        });
        told.recv_timeout(ANSWER).unwrap_or_else(|_| Err(silent()))?;
        Ok(Self { tasks })
    }

    /// Does `task` with the connection.
    pub(super) fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (tell, told) = sync_channel(1);
        let task = Box::new(move |client: &mut Client| drop(tell.send(task(client))));
        self.tasks.send(task).map_err(|_| silent())?;
        match told.recv_timeout(ANSWER) {
            Ok(done) => done.map_err(Trouble::from),
            Err(_) => Err(silent()),
        }
    }
}

fn silent() -> Trouble {
    Trouble::Passing(format!("the database gave no answer within {}s", ANSWER.as_secs()))
}

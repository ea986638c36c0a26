//! Whether the parts fit together, where AWS would refuse them or they would never run.

use super::error::{Fault, TemplateError};
use super::model::{Api, FunctionDefinition, Queue};

pub(super) fn check(
    functions: &[FunctionDefinition],
    api: Option<&Api>,
    queues: &[Queue],
) -> Result<(), TemplateError> {
    for function in functions {
        let path = format!("Resources.{}", function.logical_id);
        let routed = api.is_some_and(|api| {
            api.routes
                .iter()
                .any(|route| route.function == function.logical_id)
        });
        if !routed && function.queue_events.is_empty() && function.schedules.is_empty() {
            return Err(Fault::Wiring("nothing invokes this function".to_owned()).at(path));
        }
        if functions
            .iter()
            .any(|other| other.logical_id != function.logical_id && other.binary == function.binary)
        {
            return Err(Fault::Duplicate {
                what: "the binary",
                name: function.binary.clone(),
            }
            .at(path));
        }
        for event in &function.queue_events {
            let path = format!("{path}.Properties.Events.{}", event.id);
            let Some(queue) = queues.iter().find(|queue| queue.arn == event.queue_arn) else {
                return Err(Fault::invalid("a queue of this template", &event.queue_arn).at(path));
            };
            if u64::from(queue.visibility_timeout) < function.timeout.as_secs() {
                return Err(Fault::Wiring(format!(
                    "{} hides messages for {} s, which is less than the {} s that the function may take",
                    queue.logical_id,
                    queue.visibility_timeout,
                    function.timeout.as_secs()
                ))
                .at(path));
            }
        }
    }
    for queue in queues {
        let target = queue
            .dead_letters
            .as_ref()
            .map(|dead_letters| &dead_letters.queue_arn);
        if let Some(arn) = target
            && !queues
                .iter()
                .any(|other| other.arn == *arn && other.logical_id != queue.logical_id)
        {
            return Err(Fault::invalid("another queue of this template", arn)
                .at(format!("Resources.{}.Properties.RedrivePolicy", queue.logical_id)));
        }
    }
    Ok(())
}

use std::time::Duration;

use super::super::*;

/// A template of one function and its queue, with one line replaced.
fn small(from: &str, to: &str) -> Result<Template, TemplateError> {
    let text = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Most: { Type: Number, Default: 2, MinValue: 2, MaxValue: 5 }
Conditions:
  Few: !Equals [!Ref Most, 2]
Globals:
  Function:
    Timeout: 20
    Environment: { Variables: { LEVEL: info, SSL_CERT_FILE: /x } }
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: darkroom-worker } }
    Properties:
      MemorySize: 512
      Environment: { Variables: { LEVEL: debug, QUEUE: !Ref Queue } }
      Events:
        Queued:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: { MaximumConcurrency: !Ref Most }
        Daily: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Alarm
    Properties:
      VisibilityTimeout: 120
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Dead: { Type: AWS::SQS::Queue }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { Anything: !GetAtt Dead.QueueName } }
Outputs:
  Name: { Value: !Ref Worker }
";
    assert!(text.contains(from), "{from}");
    Template::parse(&text.replace(from, to), &Deployment::default())
}

#[test]
fn a_function_and_its_queue() {
    let template = small("Few", "Few").unwrap();
    let [worker] = template.functions() else {
        panic!("one function")
    };
    assert_eq!(
        (worker.binary.as_str(), worker.name.as_str()),
        ("worker", "darkroom-Worker")
    );
    assert_eq!(
        (worker.memory_megabytes, worker.timeout),
        (512, Duration::from_secs(20))
    );
    let [event] = worker.queue_events.as_slice() else {
        panic!("one event")
    };
    assert_eq!(
        event.queue_arn,
        "arn:aws:sqs:us-east-1:000000000000:darkroom-Queue"
    );
    assert_eq!(
        (
            event.batch_size,
            event.maximum_concurrency,
            event.report_batch_item_failures
        ),
        (5, Some(2), true)
    );
    assert_eq!(
        worker.schedules[0].rule_arn,
        "arn:aws:events:us-east-1:000000000000:rule/darkroom-WorkerDaily"
    );
    let queue = &template.queues()[1];
    assert_eq!(
        (queue.logical_id.as_str(), queue.visibility_timeout),
        ("Queue", 120)
    );
    assert_eq!(queue.dead_letters.as_ref().unwrap().maximum_receive_count, 5);
    // The environment knows the URL once there is one.
    let url = "http://127.0.0.1:1/queue".to_owned();
    let deployed = Deployed {
        queue_urls: BTreeMap::from([("Queue".to_owned(), url.clone())]),
        api_endpoint: None,
    };
    let environments = template.environments(&deployed).unwrap();
    assert_eq!(environments["Worker"]["QUEUE"], url);
    assert_eq!(environments["Worker"]["LEVEL"], "debug");
    assert_eq!(environments["Worker"]["SSL_CERT_FILE"], "/x");
}

#[test]
fn what_is_not_understood_is_named_with_its_path() {
    for (from, to, path, named) in [
        ("Transform:", "Mappings: {}\nTransform:", "document", "Mappings"),
        (
            "  Function:\n    Timeout",
            "  Api: {}\n  Function:\n    Timeout",
            "Globals",
            "Api",
        ),
        (
            "MemorySize: 512",
            "MemorySise: 512",
            "Resources.Worker.Properties",
            "MemorySise",
        ),
        (
            "MemorySize: 512",
            "MemorySize: much",
            "Resources.Worker.Properties.MemorySize",
            "much",
        ),
        (
            "MemorySize: 512",
            "Timeout: 901",
            "Resources.Worker.Properties.Timeout",
            "901",
        ),
        (
            "DependsOn: Alarm",
            "DependsOn: Alert",
            "Resources.Queue.DependsOn",
            "nothing is named Alert",
        ),
        ("DependsOn", "DependOn", "Resources.Queue", "DependOn"),
        (
            "Type: AWS::SQS::Queue\n",
            "Type: AWS::SQS::Cue\n",
            "Resources.Queue",
            "AWS::SQS::Cue",
        ),
        (
            "Type: SQS",
            "Type: SNS",
            "Resources.Worker.Properties.Events.Queued",
            "SNS",
        ),
        (
            "BatchSize: 5",
            "BatchSice: 5",
            "Resources.Worker.Properties.Events.Queued.Properties",
            "BatchSice",
        ),
        (
            "BatchSize: 5",
            "BatchSize: 11",
            "Resources.Worker.Properties.Events.Queued.Properties.MaximumBatchingWindowInSeconds",
            "above 10",
        ),
        (
            "[ReportBatchItemFailures]",
            "[ReportNothing]",
            "Resources.Worker.Properties.Events.Queued.Properties.FunctionResponseTypes",
            "ReportNothing",
        ),
        (
            "rate(1 day)",
            "rate(1 days)",
            "Resources.Worker.Properties.Events.Daily.Properties.Schedule",
            "rate(1 days)",
        ),
        (
            "maxReceiveCount",
            "maxReceives",
            "Resources.Queue.Properties.RedrivePolicy",
            "maxReceiveCount is missing",
        ),
        (
            "!GetAtt Dead.Arn",
            "arn:aws:sqs:x",
            "Resources.Queue.Properties.RedrivePolicy",
            "arn:aws:sqs:x",
        ),
        (
            "VisibilityTimeout: 120",
            "VisibilityTimeout: 19",
            "Resources.Worker.Properties.Events.Queued",
            "Queue hides messages for 19 s, which is less than the 20 s",
        ),
        (
            "!GetAtt Dead.QueueName",
            "!GetAtt Deed.QueueName",
            "Resources.Alarm.Properties.Anything",
            "Deed",
        ),
        (
            "Binary: darkroom-worker",
            "Binary: worker",
            "Resources.Worker.Metadata.BuildProperties.Binary",
            "darkroom-",
        ),
        ("MinValue: 2", "MinValue: 3", "Parameters.Most", "at least 3"),
        ("MinValue", "MinimalValue", "Parameters.Most", "MinimalValue"),
        ("Type: Number", "Type: Numeral", "Parameters.Most.Type", "Numeral"),
        (
            "!Equals [!Ref Most, 2]",
            "!Not [!Condition Few]",
            "Conditions.Few",
            "Few refers to itself",
        ),
        ("!Ref Worker", "!Ref Walker", "Outputs.Name.Value", "Walker"),
    ] {
        let error = small(from, to).unwrap_err();
        assert_eq!(error.path, path, "{to}: {error}");
        let text = error.to_string();
        assert!(text.contains(named) && !text.contains('\n'), "{to}: {text}");
    }
    let error = small("Outputs:", "  - not: [a template").unwrap_err();
    assert!(matches!(error.fault, Fault::Syntax(_)), "{error}");
}

/// An API with one route, with one line replaced.
fn api(from: &str, to: &str) -> Result<Template, TemplateError> {
    let text = "
Resources:
  Web:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: darkroom-web } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: api, ProtocolType: HTTP } }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Web.Arn
      PayloadFormatVersion: '2.0'
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub 'integrations/${Integration}' }
";
    assert!(text.contains(from), "{from}");
    Template::parse(&text.replace(from, to), &Deployment::default())
}

#[test]
fn routes_that_lead_nowhere_are_named() {
    assert_eq!(api("Route:", "Route:").unwrap().api().unwrap().routes.len(), 1);
    let second = "
  Second:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub 'integrations/${Integration}' }
  Route:";
    for (from, to, path, named) in [
        (
            "\n  Route:",
            second,
            "Resources.Second.Properties",
            "the route key GET /a stands there twice",
        ),
        (
            "GET /a",
            "FETCH /a",
            "Resources.Route.Properties.RouteKey",
            "FETCH /a",
        ),
        (
            "integrations/${Integration}",
            "integrations/x",
            "Resources.Route.Properties.Target",
            "integrations/x",
        ),
        (
            "!GetAtt Web.Arn",
            "arn:x",
            "Resources.Integration.Properties.IntegrationUri",
            "arn:x",
        ),
        (
            "'2.0'",
            "'1.0'",
            "Resources.Integration.Properties.PayloadFormatVersion",
            "1.0",
        ),
        (
            "StageName: $default",
            "StageName: prod",
            "Resources.Stage.Properties.StageName",
            "prod",
        ),
        (
            "RouteKey: GET /a",
            "AuthorizationType: JWT, RouteKey: GET /a",
            "Resources.Route.Properties",
            "AuthorizerId is missing",
        ),
        (
            "ProtocolType: HTTP",
            "ProtocolType: WEBSOCKET",
            "Resources.Api.Properties.ProtocolType",
            "WEBSOCKET",
        ),
        (
            "Properties: { Name: api,",
            "Properties: { Nme: api,",
            "Resources.Api.Properties",
            "Nme",
        ),
        (
            "Type: AWS::ApiGatewayV2::Route",
            "Type: AWS::Lambda::Permission",
            "Resources.Web",
            "nothing invokes this function",
        ),
    ] {
        let error = api(from, to).unwrap_err();
        assert_eq!(error.path, path, "{to}: {error}");
        assert!(error.to_string().contains(named), "{to}: {error}");
    }
}

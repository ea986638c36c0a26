use serde_json::{Value, json};

use super::super::document::Document;
use super::super::intrinsics::Scope;
use super::super::*;

/// Evaluates one expression in a small document.
fn evaluated(expression: &str) -> Result<Option<Value>, TemplateError> {
    let text = format!(
        "
Parameters:
  Color: {{ Type: String, Default: red }}
  Count: {{ Type: Number, Default: 3 }}
  Many: {{ Type: CommaDelimitedList, Default: 'a, b' }}
Conditions:
  Red: !Equals [!Ref Color, red]
  NotRed: !Not [!Condition Red]
  Both: !And [!Condition Red, !Equals [!Ref Count, 3]]
  Either: !Or [!Condition NotRed, !Equals [1, 2]]
Resources:
  Queue: {{ Type: AWS::SQS::Queue }}
  Bucket: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Sub '${{AWS::StackName}}-${{Color}}' }} }}
  Gone: {{ Type: AWS::SQS::Queue, Condition: NotRed }}
Outputs:
  Out: {{ Value: {expression} }}
"
    );
    let document = Document::parse(&text)?;
    references::check(&document)?;
    let (deployment, deployed) = (Deployment::default(), Deployed::default());
    let scope = Scope::new(&document, &deployment, &deployed)?;
    let output = scope.value(&document.outputs["Out"], "Outputs.Out")?.unwrap();
    Ok(output.get("Value").cloned())
}

#[test]
fn intrinsic_functions() {
    for (expression, expected) in [
        ("!Ref Color", json!("red")),
        ("{ Ref: Color }", json!("red")),
        ("!Ref Count", json!("3")),
        ("!Ref Many", json!(["a", "b"])),
        ("!Ref AWS::Region", json!("us-east-1")),
        ("!Ref AWS::AccountId", json!("000000000000")),
        ("!Ref AWS::StackName", json!("darkroom")),
        ("!Ref AWS::Partition", json!("aws")),
        ("!Ref Bucket", json!("darkroom-red")),
        (
            "!Ref Queue",
            json!("https://sqs.us-east-1.amazonaws.com/000000000000/darkroom-Queue"),
        ),
        (
            "!GetAtt Queue.Arn",
            json!("arn:aws:sqs:us-east-1:000000000000:darkroom-Queue"),
        ),
        ("!GetAtt [Queue, QueueName]", json!("darkroom-Queue")),
        (
            "{ 'Fn::GetAtt': [Bucket, Arn] }",
            json!("arn:aws:s3:::darkroom-red"),
        ),
        (
            "!Sub 'a-${Color}-${Bucket.Arn}-${!Literal}-${AWS::Region}'",
            json!("a-red-arn:aws:s3:::darkroom-red-${Literal}-us-east-1"),
        ),
        (
            "!Sub ['${Color}/${Other}', { Other: !Ref Count }]",
            json!("red/3"),
        ),
        ("!Sub ['${Color}', { Color: blue }]", json!("blue")),
        ("!Join ['-', [a, !Ref Color, 1]]", json!("a-red-1")),
        ("!Join [',', !Ref Many]", json!("a,b")),
        ("!Split ['-', a-b-c]", json!(["a", "b", "c"])),
        ("!Select [1, !Split ['-', a-b-c]]", json!("b")),
        ("!If [Red, yes-it-is, !Ref Count]", json!("yes-it-is")),
        ("!If [NotRed, 1, [2, !If [Both, 3, 4]]]", json!([2, 3])),
        ("!If [Either, 1, 0]", json!(0)),
        (
            "[1, !Ref AWS::NoValue, !If [Red, !Ref AWS::NoValue, 2]]",
            json!([1]),
        ),
        ("{ a: !Ref AWS::NoValue, b: 1 }", json!({"b": 1})),
    ] {
        assert_eq!(evaluated(expression), Ok(Some(expected)), "{expression}");
    }
    assert_eq!(evaluated("!Ref AWS::NoValue"), Ok(None));
}

#[test]
fn what_does_not_exist_is_named() {
    for (expression, named) in [
        ("!Ref Nobody", "nothing is named Nobody"),
        ("!GetAtt Nobody.Arn", "nothing is named Nobody"),
        ("!Sub 'x-${Nobody}'", "nothing is named Nobody"),
        ("!Sub 'x-${Nobody.Arn}'", "nothing is named Nobody"),
        ("!Ref AWS::Nothing", "nothing is named AWS::Nothing"),
        ("!GetAtt Queue.Color", "Queue has no attribute Color"),
        ("!Sub '${Bucket.Color}'", "Bucket has no attribute Color"),
        ("!If [Blue, 1, 2]", "no condition is named Blue"),
        ("!If [Red, 1, !Ref Nobody]", "nothing is named Nobody"),
        (
            "!Ref Gone",
            "Gone is referred to but does not exist while the condition NotRed is false",
        ),
        (
            "!Cidr [a, 1, 2]",
            "the intrinsic function !Cidr is not understood",
        ),
        (
            "{ 'Fn::ImportValue': x }",
            "the intrinsic function Fn::ImportValue is not understood",
        ),
        ("!Select [7, [a]]", "an index of the list is expected, not 7"),
        ("!Sub 'x-${Color'", "a closing brace is expected, not x-${Color"),
        ("!Join [a]", "2 arguments is expected, not 1"),
        ("!Ref [a]", "a string is expected, not [\"a\"]"),
        ("!Equals [1, 2]", "a value is expected, not a condition"),
    ] {
        let error = evaluated(expression).unwrap_err().to_string();
        assert!(
            error.starts_with("template, Outputs.Out.Value") && error.ends_with(named),
            "{expression}: {error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }
}

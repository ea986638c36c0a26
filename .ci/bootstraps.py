"""Each function's own process under Lambda's runtime interface emulator: one event in, one right answer out.

usage: bootstraps.py DIRECTORY-OF-BINARIES
"""
import json, os, pathlib, re, subprocess, sys, tempfile, time, urllib.request

import boto3
import samcli

EMULATOR = pathlib.Path(samcli.__file__).parent / "local/rapid/aws-lambda-rie-x86_64"
BINARIES = pathlib.Path(sys.argv[1])


def http_event(method, path, parameters=None):
    """An HTTP API event, payload format 2.0, as small as it may be."""
    context = {"accountId": "0", "apiId": "a", "requestId": "r", "stage": "$default", "timeEpoch": 0,
               "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}}
    return {"version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": "", "headers": {},
            "pathParameters": parameters or {}, "requestContext": context, "isBase64Encoded": False}


def status(expected):
    return lambda answer: answer.get("statusCode") == expected


NOWHERE = "/images/0192f0c1-2345-7abc-8def-0123456789ab"
BATCH = {"Records": [{"messageId": "m", "body": "noise", "attributes": {}}]}
NOTHING_FAILED = {"batchItemFailures": []}
CASES = {
    "upload-url": (http_event("POST", "/uploads"), status(400)),
    "status": (http_event("GET", "/health"), status(200)),
    "download": (http_event("GET", NOWHERE + "/original"), status(404)),
    "images": (http_event("GET", "/images"), status(200)),
    "datasets": (http_event("GET", "/api/v1/IO/dataset/none"), status(404)),
    "analyze": (http_event("GET", "/api/v1/analysis/crop/get-crop/none"), status(404)),
    "crib": (http_event("GET", "/tools/none", {"tool_id": "none"}), status(404)),
    "predict": (http_event("GET", "/predictions/none", {"prediction_id": "none"}), status(404)),
    "batches": (http_event("GET", "/batches/none", {"batch_id": "none"}), status(404)),
    "web": (http_event("GET", "/openapi.json"), status(200)),
    "ingest": (BATCH, NOTHING_FAILED.__eq__),
    "thumbnail": (BATCH, NOTHING_FAILED.__eq__),
    "kmeans": (BATCH, NOTHING_FAILED.__eq__),
    "archive": (BATCH, NOTHING_FAILED.__eq__),
    "detect": (BATCH, NOTHING_FAILED.__eq__),
    "embed": (BATCH, NOTHING_FAILED.__eq__),
    "cluster": (BATCH, NOTHING_FAILED.__eq__),
    "segment": (BATCH, NOTHING_FAILED.__eq__),
    "janitor": ({"source": "aws.events", "detail": {}}, lambda answer: answer.get("errors") == 0),
}


def start_cloud():
    """The embedded cloud of a `darkroom`, with table, bucket and queues as the template has them."""
    log = tempfile.TemporaryFile("w+")
    command = [BINARIES / "darkroom", "serve", "--ephemeral", "--port", "0", "--s3-port", "0"]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    for _ in range(100):
        log.seek(0)
        if found := re.search(r"S3, SQS, DDB *(http://[\d.:]+)", log.read()):
            return process, found.group(1)
        time.sleep(0.2)
    log.seek(0)
    sys.exit("darkroom does not start:\n" + log.read())


def environment(endpoint):
    """What the template gives the functions, with the names that the running system has."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3, sqs, dynamodb = (boto3.client(name, endpoint_url=endpoint, **keys) for name in ("s3", "sqs", "dynamodb"))
    urls = sqs.list_queues()["QueueUrls"]
    queue = lambda name: next(url for url in urls if name in url.lower() and "dead" not in url.lower())
    return {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "TABLE_NAME": dynamodb.list_tables()["TableNames"][0], "BUCKET_NAME": s3.list_buckets()["Buckets"][0]["Name"],
        "INGEST_QUEUE_URL": queue("ingest"), "THUMBNAIL_QUEUE_URL": queue("thumbnail"),
        "KMEANS_QUEUE_URL": queue("kmeans"), "ARCHIVE_QUEUE_URL": queue("archive"),
        "SEGMENT_QUEUE_URL": queue("segment"), "DETECT_QUEUE_URL": queue("detect"),
        "EMBED_QUEUE_URL": queue("embed"), "CLUSTER_QUEUE_URL": queue("cluster"), "TENANCY": "single",
    }


def invoke(name, variables, event):
    """Starts the emulator with one function, sends one event, and gives the answer."""
    port = 18087
    command = [EMULATOR, "--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address",
               "127.0.0.1:18088", BINARIES / f"darkroom-{name}"]
    lambda_variables = {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_TIMEOUT": "29"}
    process = subprocess.Popen(command, env={**os.environ, **lambda_variables, **variables},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    try:
        for _ in range(50):
            try:
                request = urllib.request.Request(url, json.dumps(event).encode(), {"content-type": "application/json"})
                return json.load(urllib.request.urlopen(request, timeout=30))
            except ConnectionError:
                time.sleep(0.1)
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionError):
                    raise
                time.sleep(0.1)
        sys.exit(f"{name}: the emulator does not listen")
    finally:
        process.terminate()
        process.wait()


def main():
    cloud, endpoint = start_cloud()
    try:
        variables = environment(endpoint)
        wrong = []
        for name, (event, right) in CASES.items():
            answer = invoke(name, variables, event)
            print(f"{'ok' if right(answer) else 'WRONG'} {name}: {json.dumps(answer)[:120]}", flush=True)
            wrong += [] if right(answer) else [name]
    finally:
        cloud.terminate()
        cloud.wait()
    sys.exit("wrong answers: " + ", ".join(wrong) if wrong else 0)


main()

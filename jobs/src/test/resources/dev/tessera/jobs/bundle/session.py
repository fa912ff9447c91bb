"""A session that PySpark began, used by Tessera in between: bundle, natives, folder, plugins."""
import json
import sys

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

bundle, natives, folder, plugins = sys.argv[1:]
builder = (
    SparkSession.builder.master("local-cluster[1,1,1024]")
    .config("spark.jars", f"{bundle},{natives}")
    .config("spark.executor.memory", "512m")
    .config("spark.driver.memory", "512m")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "localhost")
    .config("spark.driver.bindAddress", "127.0.0.1")
)
if plugins:
    builder = builder.config("spark.plugins", plugins)
spark = builder.getOrCreate()
app = spark._jvm.dev.tessera.jobs.TesseraApp
told = []
lines = []


class Lines:
    def accept(self, line):
        lines.append(line)

    class Java:
        implements = ["java.util.function.Consumer"]


ensure_callback_server_started(spark.sparkContext._gateway)


def run(*arguments):
    lines.clear()
    result = app.run(list(arguments), Lines())
    fields = json.loads(result.json())
    fields["lines"] = list(lines)
    fields["command"] = arguments[0]
    told.append(fields)
    return result, fields


run("ingest", "--input", "icons:?count=96&classes=flag,cloud", "--output", f"{folder}/images", "size=16")
if plugins:
    result, fields = run("train-tokenizer", "--config", f"{folder}/vqgan.yaml", f"data={folder}/images")
    told.append({"command": "map", "metrics": dict(result.metrics())})
    run("tokenize", "--checkpoint", str(fields["run_directory"]), "--input", f"{folder}/images",
        "--output", f"{folder}/tokens")
    run("train-tokenizer", "--config", f"{folder}/vqgan.yaml", "schedule.batch=none")
    try:
        app.run(["nonsense"]).require()
    except Exception as e:
        told.append({"command": "require", "message": str(e)})
    frame = spark.read.parquet(f"{folder}/tokens/codes")
    told.append({"command": "read", "rows": frame.count()})
told.append({"command": "after", "sum": spark.range(100).groupBy().sum().first()[0]})
spark.stop()
with open(f"{folder}/told.json", "w") as file:
    json.dump(told, file)

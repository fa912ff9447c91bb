package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.jobs.run.Environment;
import dev.tessera.jobs.run.RunDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Thirty-odd secrets are planted where people have them, and looked for in all that is left. */
class SecretsTest {

  /** Part of each secret, and of nothing else. */
  private static final String MARK = "hunter2";

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("spark.hadoop.fs.azure.account.key.a.dfs.core.windows.net", "hunter2-1=="),
          Map.entry("spark.hadoop.fs.gs.auth.service.account.private.key", "hunter2-2"),
          Map.entry("spark.hadoop.fs.s3a.encryption.key", "hunter2-3"),
          Map.entry("spark.hadoop.fs.s3a.secret.key", "hunter2-4"),
          Map.entry("spark.hadoop.fs.s3a.access.key", "hunter2-5"),
          Map.entry("spark.my.apikey", "hunter2-6"),
          Map.entry("spark.executorEnv.PGPASS", "hunter2-7"),
          Map.entry("spark.driver.extraJavaOptions", "-Xss4m -Dmy.password=hunter2-8"),
          Map.entry("spark.executor.extraJavaOptions", "-Dpin=hunter2-9"),
          Map.entry("spark.executor.defaultJavaOptions", "-Dx.passphrase='a hunter2-10'"),
          Map.entry("spark.hadoop.fs.s3a.endpoint", "https://user:hunter2-11@host:9000"),
          Map.entry("spark.jars", "https://host/a.jar?sig=hunter2-12,https://hunter2-13@host/b"),
          Map.entry("spark.nobody.knows", "hunter2-14"),
          Map.entry("spark.tessera.nobodyKnows", "hunter2-15"),
          Map.entry("spark.app.name", "plain-hunter2-16"),
          Map.entry("spark.redaction.regex", "(?i)plain-|secret"));

  private static final List<String> TEXTS =
      List.of(
          "data=s3a://AKIAUSER:hunter2/17@bucket/train",
          "output.runs=https://host:443/runs?a=1&X-Amz-Signature=hunter2-18",
          "-Dx.password=hunter2-19",
          "--password='two hunter2-20'",
          "spark.executorEnv.PIN=hunter2-21",
          "https://ghp_hunter2-22@host/repo",
          "jdbc:postgresql://host/db;password=hunter2-23",
          "fs.s3a.secret.key=hunter2-24",
          "signed by AKIAHUNTER2HUNTER2HU of the user",
          "Authorization: Bearer eyJhunter2-27abc",
          "sent with bearer hunter2-28-abcdef",
          "Authorization: Basic aHVudGVyhunter2-29",
          "{\"client_secret\": \"hunter2-30\"}",
          "fs.azure.shared-key=hunter2-31");

  @TempDir private Path folder;

  @Test
  void noFileOfARunHoldsASecret() throws Exception {
    SparkConf conf = new SparkConf(false);
    SETTINGS.forEach(conf::set);
    conf.set("spark.executor.memory", "3g");
    List<String> command = new ArrayList<>(TEXTS);
    command.addAll(List.of("--conf", "spark.x=hunter2-25", "--conf=spark.y=hunter2-26"));
    command.add("tokenizer=runs/0001-vq");

    RunDirectory run =
        RunDirectory.create(
            new org.apache.hadoop.fs.Path(folder.toUri()), "a", command, new Configuration());
    run.writeConfig("data: " + String.join("\nb: ", TEXTS) + "\n");
    run.writeEnvironment(Environment.ofDriver(conf));
    run.writeReport();

    Map<String, String> files = files();
    assertThat(files)
        .containsOnlyKeys("command.txt", "config.yaml", "environment.json", "report.html")
        .allSatisfy((name, text) -> assertThat(text).as(name).doesNotContainIgnoringCase(MARK));
    assertThat(files.get("environment.json"))
        .contains("\"spark.executor.memory\" : \"3g\"")
        .contains("https://(hidden)@host:9000");
    assertThat(files.get("command.txt"))
        .contains("tokenizer=runs/0001-vq", "@bucket/train", "spark.x=(hidden)");
  }

  @Test
  void theConsoleSaysNoSecret() {
    for (boolean json : new boolean[] {false, true}) {
      PrintStream before = System.out;
      ByteArrayOutputStream printed = new ByteArrayOutputStream();
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      try {
        Console console = Console.standard(json);
        for (String text : TEXTS) {
          console.say("Reading " + text + " now");
          console.result("x", Map.of("from", text));
          console.print(new ConsoleBlock("run").fact("data", text));
        }
      } finally {
        System.setOut(before);
      }
      assertThat(printed.toString(StandardCharsets.UTF_8))
          .contains("now")
          .doesNotContainIgnoringCase(MARK);
    }
  }

  @Test
  void neitherMistakesNorTracesTellASecret() {
    for (String text : TEXTS) {
      StringWriter err = new StringWriter();
      Tessera root = new Tessera();
      PrintWriter printed = new PrintWriter(err, true);
      CommandLine line = root.prepared(new CommandLine(root), printed, printed);
      Exception cause = new IOException("Cannot read " + text);
      Mistake.report(new IllegalStateException("failed: " + text, cause), line, true);
      line.execute("train", text, "--nothing=" + text);

      assertThat(err.toString())
          .contains("Cannot read", "tessera")
          .doesNotContainIgnoringCase(MARK);
    }
  }

  @Test
  void theLogHoldsNoSecret() throws Exception {
    Properties settings = new Properties();
    settings.load(
        new StringReader(Files.readString(Path.of("../conf/clusters/log4j2.properties"))));
    PatternLayout layout =
        PatternLayout.newBuilder()
            .withPattern(settings.getProperty("appender.stderr.layout.pattern"))
            .build();
    for (String text : TEXTS) {
      Log4jLogEvent event =
          Log4jLogEvent.newBuilder()
              .setLevel(Level.WARN)
              .setLoggerName("a.B")
              .setMessage(new SimpleMessage("Retrying " + text))
              .setThrown(new IOException("no answer from " + text))
              .build();
      assertThat(layout.toSerializable(event))
          .contains("WARN B: Retrying")
          .doesNotContainIgnoringCase(MARK);
    }
  }

  @Test
  void whatIsNoSecretStays() {
    for (String text :
        List.of(
            "tokenizer=runs/0001-vq",
            "abfss://box@account.dfs.core.windows.net/train",
            "hdfs://host:8020/a@b",
            "spark.authenticate=true and spark.tessera.requireEncryption=true",
            "model.patch-size=2 passes=3 tokens=256",
            "s3a://bucket/train")) {
      StringWriter out = new StringWriter();
      Tessera root = new Tessera();
      PrintWriter printed = new PrintWriter(out, true);
      root.prepared(new CommandLine(root), printed, printed).getOut().println(text);
      assertThat(out.toString().strip()).isEqualTo(text);
    }
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        texts.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return texts;
  }
}

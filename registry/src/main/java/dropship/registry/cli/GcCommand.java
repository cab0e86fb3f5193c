package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dropship gc}: removes what nothing needs any more. */
@Command(
    name = "gc",
    description =
        "Remove layers and records that nothing needs any more. The server does so by itself every"
            + " gc.every; what has been needed within gc.grace stays.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  dropship gc --dry-run"})
public final class GcCommand implements Callable<Integer> {
  @Mixin private ServerOptions server = new ServerOptions();

  @Option(names = "--dry-run", description = "only say what would be removed")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report = server.connect().post(dryRun ? "/gc?dryRun=true" : "/gc");
    System.out.printf("in use: %s%n", amount(report, "kept"));
    System.out.printf(
        "%s %s%n", dryRun ? "would be removed:" : "removed:", amount(report, "removed"));
    System.out.printf("not needed, kept for gc.grace: %s%n", amount(report, "waiting"));
    if (report.getInteger("uploads", 0) > 0) {
      System.out.printf("given back: %d uploads that broke off%n", report.getInteger("uploads"));
    }
    return 0;
  }

  private static String amount(JsonObject report, String name) {
    var amount = report.getJsonObject(name);
    return "%d blobs, %s"
        .formatted(amount.getInteger("blobs"), Print.size(amount.getLong("bytes")));
  }
}

package dropship.rootfs.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.rootfs.layer.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifecycleLayerTest {
  @TempDir Path directory;

  /**
   * Another digest means another script or other entries: from the next import on, images are
   * others, so {@code LifecycleLayer.RECIPE} goes up and this test learns the new digest.
   */
  @Test
  void itsBytesAreThoseOfRecipe1() throws IOException {
    var layer =
        LifecycleLayer.write(
            Compression.NONE, directory.resolve("layer"), Thread::startVirtualThread);
    assertThat(LifecycleLayer.RECIPE).isEqualTo(1);
    assertThat(layer.diffId().toString())
        .isEqualTo("sha256:d4ff42331526be34e7ed0b213a675e7184ad76fa79cb7e960180896f693c1057");
  }

  @Test
  void itBringsTheHomeOfTheUserAndTheScript() throws IOException {
    var file = directory.resolve("layer");
    LifecycleLayer.write(Compression.ZSTD, file, Thread::startVirtualThread);
    var entries = new ArrayList<String>();
    try (var tar =
        new TarArchiveInputStream(Compression.ZSTD.decompress(Files.newInputStream(file)))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        entries.add(
            "%o %d:%d %s"
                .formatted(
                    entry.getMode() & 07777,
                    entry.getLongUserId(),
                    entry.getLongGroupId(),
                    entry.getName()));
        if (entry.isFile()) {
          assertThat(new String(tar.readAllBytes())).startsWith("#!/bin/bash\n");
        }
      }
    }
    assertThat(entries)
        .containsExactly(
            "755 0:0 home/",
            "755 2000:2000 home/vcap/",
            "755 0:0 lifecycle/",
            "755 0:0 lifecycle/launch");
  }
}

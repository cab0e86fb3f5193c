package dropship.registry.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What ldd says on different machines. */
class LibrariesTest {
  @Test
  void readsWhatGlibcSays() {
    var libraries =
        Libraries.in(
            """
            \tlinux-vdso.so.1 (0x00007ffd0a7f2000)
            \tlibtinfo.so.6 => /lib/x86_64-linux-gnu/libtinfo.so.6 (0x00007f1b2c1d6000)
            \tlibmissing.so.1 => not found
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f1b2c36e000)
            """);

    assertThat(libraries)
        .containsOnlyKeys("/lib/x86_64-linux-gnu/libtinfo.so.6", "/lib64/ld-linux-x86-64.so.2");
  }

  @Test
  void putsTheLoaderWhereProgramsWantIt() {
    var libraries =
        Libraries.in("\t/lib64/ld-linux.so.2 => /nix/store/abc/lib/ld-linux.so.2 (0x00007f1b)\n");

    assertThat(libraries)
        .containsExactly(
            Map.entry("/lib64/ld-linux.so.2", Path.of("/nix/store/abc/lib/ld-linux.so.2")));
  }

  @Test
  void readsWhatMuslSays() {
    var libraries =
        Libraries.in(
            """
            \t/lib/ld-musl-aarch64.so.1 (0xffffb0a5d000)
            \tlibreadline.so.8 => /usr/lib/libreadline.so.8 (0xffffb08f9000)
            \tlibc.musl-aarch64.so.1 => /lib/ld-musl-aarch64.so.1 (0xffffb0a5d000)
            """);

    assertThat(libraries.keySet())
        .containsExactlyInAnyOrder("/lib/ld-musl-aarch64.so.1", "/usr/lib/libreadline.so.8");
  }

  @Test
  void findsNoneForWhatIsNotLinked() {
    assertThat(Libraries.in("\tnot a dynamic executable\n")).isEmpty();
    assertThat(Libraries.in("\tstatically linked\n")).isEmpty();
  }
}

package dropship.rootfs.catalog;

import java.util.Optional;

/** Reads as much of an ELF header as tells what machine a program is for. */
final class Elf {
  /** How many bytes {@link #architecture} wants. */
  static final int HEADER = 20;

  private Elf() {}

  /**
   * The architecture as Go, and so an image's configuration, calls it; empty if this is no program
   * we know.
   */
  static Optional<String> architecture(byte[] start) {
    boolean elf =
        start.length == HEADER
            && start[0] == 0x7f
            && start[1] == 'E'
            && start[2] == 'L'
            && start[3] == 'F';
    if (!elf) {
      return Optional.empty();
    }
    boolean bigEndian = start[5] == 2;
    int machine = bigEndian ? word(start[18], start[19]) : word(start[19], start[18]);
    return switch (machine) {
      case 0x3e -> Optional.of("amd64");
      case 0xb7 -> Optional.of("arm64");
      case 0x15 -> Optional.of(bigEndian ? "ppc64" : "ppc64le");
      case 0x16 -> Optional.of("s390x");
      case 0xf3 -> Optional.of("riscv64");
      default -> Optional.empty();
    };
  }

  private static int word(byte high, byte low) {
    return ((high & 0xff) << 8) | (low & 0xff);
  }
}

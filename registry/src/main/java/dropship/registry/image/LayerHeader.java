package dropship.registry.image;

import dropship.rootfs.lifecycle.LifecycleLayer;
import java.io.IOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipEncoding;

/** The header of an entry of a layer: below {@code home/vcap}, and owned by the app's user. */
final class LayerHeader extends TarArchiveEntry {
  /** A header with nothing in it yet but what all of them have in common. */
  LayerHeader(String path, byte type) {
    super(type == TarConstants.LF_DIR ? path + "/" : path, type);
    setIds(LifecycleLayer.VCAP, LifecycleLayer.VCAP);
    setNames("", "");
  }

  /** A directory of which nothing is said. */
  static LayerHeader directory(String path) {
    var header = new LayerHeader(path, TarConstants.LF_DIR);
    header.setMode(0755);
    header.setModTime(0);
    return header;
  }

  /** One that has been read back from a layer. */
  static LayerHeader copyOf(TarArchiveEntry read) {
    var name = read.getName();
    var header =
        new LayerHeader(
            read.isDirectory() ? name.substring(0, name.length() - 1) : name, read.getLinkFlag());
    header.setMode(read.getMode());
    header.setModTime(read.getLastModifiedTime());
    header.setLinkName(read.getLinkName());
    header.setSize(read.getSize());
    return header;
  }

  /**
   * The fixed fields hold the beginning of long names; all of them is in a header before. The
   * library shortens names one character at a time, which takes seconds for a few hundred.
   */
  @Override
  public void writeEntryHeader(byte[] record, ZipEncoding encoding, boolean starMode)
      throws IOException {
    var name = getName();
    var target = getLinkName();
    setName(beginning(name));
    setLinkName(beginning(target));
    super.writeEntryHeader(record, encoding, starMode);
    setName(name);
    setLinkName(target);
  }

  private static String beginning(String name) {
    return name.substring(0, Math.min(name.length(), TarConstants.NAMELEN));
  }
}

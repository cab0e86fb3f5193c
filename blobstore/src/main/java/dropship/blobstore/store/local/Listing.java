package dropship.blobstore.store.local;

import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.ListedBlob;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Walks directories in the order of keys, and reads no more of them than a page needs. */
final class Listing {
  private final String last;
  private final int limit;
  private final List<ListedBlob> page = new ArrayList<>();

  Listing(String last, int limit) {
    this.last = last;
    this.limit = limit;
  }

  List<ListedBlob> below(Path directory, BlobKey key) throws IOException {
    walk(directory, key.value() + "/");
    return List.copyOf(page);
  }

  private void walk(Path directory, String prefix) throws IOException {
    for (var entry : sorted(directory, prefix).entrySet()) {
      if (page.size() == limit) {
        return;
      }
      var key = entry.getKey();
      if (key.endsWith("/")) {
        // Everything below a directory sorts between its name with "/" and with "0", the next
        // character.
        if (last.compareTo(key.substring(0, key.length() - 1) + "0") < 0) {
          walk(entry.getValue(), key);
        }
      } else if (key.compareTo(last) > 0 && BlobKey.isWellFormed(key)) {
        try {
          page.add(new ListedBlob(new BlobKey(key), LocalBlobstore.describe(entry.getValue())));
        } catch (NoSuchFileException deletedSince) {
          // Then it is not listed.
        }
      }
    }
  }

  private static SortedMap<String, Path> sorted(Path directory, String prefix) throws IOException {
    var entries = new TreeMap<String, Path>();
    try (var stream = Files.newDirectoryStream(directory)) {
      for (var entry : stream) {
        var key = prefix + entry.getFileName();
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          entries.put(key + "/", entry);
        } else if (Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
          entries.put(key, entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException | NotDirectoryException nothingBelow) {
      return new TreeMap<>();
    }
    return entries;
  }
}

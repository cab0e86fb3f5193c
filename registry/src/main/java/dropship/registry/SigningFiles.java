package dropship.registry;

import dropship.blobstore.settings.Settings;
import dropship.blobstore.signing.SigningKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where the secrets are that URLs are signed with.
 *
 * @param activeKey the key that new URLs are signed with
 * @param keys a file for each key
 * @param secret the file of the scheme without key ids
 */
record SigningFiles(Optional<String> activeKey, Map<String, Path> keys, Optional<Path> secret) {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._-]+");

  static SigningFiles from(Settings signing) {
    var files =
        new SigningFiles(
            signing
                .about("the key that new URLs are signed with")
                .text("activeKey", KEY, "the name of one of the keys", "URLs name no key"),
            signing.map(
                "keys",
                key ->
                    key.about("a file with the secret of a key; URLs signed with any are good")
                        .file("secretFile")),
            signing
                .about(
                    "a file with the secret of URLs that name no key, as bits-service had it first")
                .file("secretFile", "such URLs are refused"));
    files.check(signing);
    return files;
  }

  private void check(Settings signing) {
    boolean secretMissing = secret.isEmpty() && signing.has("secretFile");
    if (secretMissing || !files().stream().allMatch(Files::isRegularFile)) {
      return; // has been said
    }
    try {
      read();
    } catch (IOException | IllegalArgumentException e) {
      signing.problem("activeKey", String.valueOf(e.getMessage()));
    }
  }

  List<Path> files() {
    var files = new ArrayList<>(keys.values());
    secret.ifPresent(files::add);
    return files;
  }

  /** What is in the files now. Blocks. */
  SigningKeys read() throws IOException {
    var secrets = new LinkedHashMap<String, String>();
    for (var key : keys.entrySet()) {
      secrets.put(key.getKey(), Files.readString(key.getValue()).strip());
    }
    Optional<String> withoutKey =
        secret.isPresent() ? Optional.of(Files.readString(secret.get()).strip()) : Optional.empty();
    return new SigningKeys(activeKey, secrets, withoutKey);
  }
}

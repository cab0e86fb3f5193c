package dropship.blobstore.signing;

import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The secrets that URLs are signed with, shared with the Cloud Controller. There are two schemes:
 * URLs name their key, or, as it was first, there is one secret and they name none. URLs of both
 * are good at the same time; there is at least one secret, and none is empty.
 *
 * @param activeKey the key that new URLs are signed with
 * @param keys id to secret; each is good for URLs that name it
 * @param secret of the scheme without key ids; signs new URLs where no key is active
 */
public record SigningKeys(
    Optional<String> activeKey, Map<String, String> keys, Optional<String> secret) {
  public SigningKeys {
    keys = Map.copyOf(keys);
    if (activeKey.isEmpty() && secret.isEmpty()) {
      throw new IllegalArgumentException(
          keys.isEmpty()
              ? "there is no key to sign URLs with, expected keys of which one is active, or a secret"
              : "there are keys to sign URLs with but none is active, expected one of "
                  + String.join(", ", new TreeSet<>(keys.keySet())));
    }
    for (var key : keys.entrySet()) {
      if (key.getKey().isBlank()) {
        throw new IllegalArgumentException("a signing key has no id");
      }
      if (key.getValue().isBlank()) {
        throw new IllegalArgumentException(
            "the secret of the signing key '" + key.getKey() + "' is empty");
      }
    }
    if (secret.isPresent() && secret.get().isBlank()) {
      throw new IllegalArgumentException("the signing secret is empty");
    }
    if (activeKey.isPresent() && !keys.containsKey(activeKey.get())) {
      throw new IllegalArgumentException(
          "the active signing key is '"
              + activeKey.get()
              + "', expected one of the keys: "
              + String.join(", ", new TreeSet<>(keys.keySet())));
    }
  }

  /** The secret for URLs that name this key, or none. */
  Optional<String> secretOf(Optional<String> keyId) {
    return keyId.isPresent() ? Optional.ofNullable(keys.get(keyId.get())) : secret;
  }

  @Override
  public String toString() {
    return "***";
  }
}

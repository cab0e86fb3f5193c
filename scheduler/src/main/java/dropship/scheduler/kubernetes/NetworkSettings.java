package dropship.scheduler.kubernetes;

import java.util.List;
import java.util.Map;

/**
 * Whom apps may reach, and who may reach them.
 *
 * @param enabled whether it is ours to say
 * @param routerNamespace labels of the namespace that requests come from
 * @param routerPods labels of the pods there that requests come from; empty = all
 * @param blocked what apps must not reach, as CIDR blocks, beside Kubernetes itself
 */
public record NetworkSettings(
    boolean enabled,
    Map<String, String> routerNamespace,
    Map<String, String> routerPods,
    List<String> blocked) {
  public NetworkSettings {
    routerNamespace = Map.copyOf(routerNamespace);
    routerPods = Map.copyOf(routerPods);
    blocked = List.copyOf(blocked);
  }
}

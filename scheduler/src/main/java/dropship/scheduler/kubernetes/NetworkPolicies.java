package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Keeps the apps of a namespace from one another and from Kubernetes: requests come from the router
 * alone; names can be asked for, and the internet can be reached. Probes come from nodes, which
 * policies do not hold back.
 */
final class NetworkPolicies {
  static final String INGRESS = "dropship-ingress";
  static final String EGRESS = "dropship-egress";
  private static final int DNS = 53;

  private NetworkPolicies() {}

  /**
   * @param apiServers addresses of Kubernetes' API, IPv4 or IPv6
   */
  static List<NetworkPolicy> of(
      String namespace, NetworkSettings settings, List<String> apiServers) {
    return List.of(ingress(namespace, settings), egress(namespace, settings, apiServers));
  }

  private static NetworkPolicyBuilder named(String name, String namespace) {
    return new NetworkPolicyBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels(Labels.MANAGED_BY, Labels.DROPSHIP)
        .endMetadata();
  }

  private static NetworkPolicy ingress(String namespace, NetworkSettings settings) {
    return named(INGRESS, namespace)
        .withNewSpec()
        .withNewPodSelector()
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .addNewIngress()
        .withFrom(router(settings))
        .endIngress()
        .endSpec()
        .build();
  }

  private static NetworkPolicy egress(
      String namespace, NetworkSettings settings, List<String> apiServers) {
    var blocked = new ArrayList<>(settings.blocked());
    apiServers.forEach(address -> blocked.add(address + (isIpv6(address) ? "/128" : "/32")));
    return named(EGRESS, namespace)
        .withNewSpec()
        .withNewPodSelector()
        .endPodSelector()
        .withPolicyTypes("Egress")
        .addNewEgress()
        .addNewPort()
        .withProtocol("UDP")
        .withNewPort(DNS)
        .endPort()
        .addNewPort()
        .withProtocol("TCP")
        .withNewPort(DNS)
        .endPort()
        .endEgress()
        .addNewEgress()
        .withTo(router(settings))
        .endEgress()
        .addNewEgress()
        .withTo(
            block("0.0.0.0/0", blocked.stream().filter(cidr -> !isIpv6(cidr)).toList()),
            block("::/0", blocked.stream().filter(NetworkPolicies::isIpv6).toList()))
        .endEgress()
        .endSpec()
        .build();
  }

  private static boolean isIpv6(String address) {
    return address.contains(":");
  }

  private static NetworkPolicyPeer block(String cidr, List<String> except) {
    return new NetworkPolicyPeerBuilder()
        .withNewIpBlock()
        .withCidr(cidr)
        .withExcept(except.stream().distinct().sorted().toList())
        .endIpBlock()
        .build();
  }

  private static NetworkPolicyPeer router(NetworkSettings settings) {
    var peer =
        new NetworkPolicyPeerBuilder()
            .withNewNamespaceSelector()
            .withMatchLabels(settings.routerNamespace())
            .endNamespaceSelector();
    Map<String, String> pods = settings.routerPods();
    return pods.isEmpty()
        ? peer.build()
        : peer.withNewPodSelector().withMatchLabels(pods).endPodSelector().build();
  }
}

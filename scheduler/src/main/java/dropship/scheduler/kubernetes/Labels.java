package dropship.scheduler.kubernetes;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * All names of labels and annotations. Those of Eirini stay as they are: extensions, log and metric
 * collectors look for them. What is ours alone begins with {@code dropship/}.
 */
public final class Labels {
  /** Together with the next two what selects the pods of an LRP. */
  public static final String GUID = "cloudfoundry.org/guid";

  public static final String VERSION = "cloudfoundry.org/version";
  public static final String SOURCE_TYPE = "cloudfoundry.org/source_type";

  /** Values of {@link #SOURCE_TYPE}. */
  public static final String APP = "APP";

  public static final String TASK = "TASK";

  /** The same three as they were called until October 2019; some still look for those. */
  static final String OLD_GUID = "guid";

  static final String OLD_VERSION = "version";
  static final String OLD_SOURCE_TYPE = "source_type";

  static final String APP_GUID = "cloudfoundry.org/app_guid";
  static final String PROCESS_TYPE = "cloudfoundry.org/process_type";
  static final String SPACE_GUID = "cloudfoundry.org/space_guid";
  static final String ORG_GUID = "cloudfoundry.org/org_guid";

  /** On StatefulSets and pods: which version of the root file system their image is made of. */
  public static final String ROOTFS_VERSION = "rootfs-version";

  /** On a StatefulSet or a namespace: the version of the root file system that it stays at. */
  public static final String PIN = "dropship/pin";

  /** On a StatefulSet or a namespace: the stack whose root file system it has. */
  public static final String STACK = "dropship/stack";

  /** On a StatefulSet or a namespace: {@link #EXCLUDED} is left alone by roll-outs. */
  public static final String ROLLOUT = "dropship/rollout";

  public static final String EXCLUDED = "excluded";

  /** On what we have made and may change: namespaces, policies, secrets. */
  static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  static final String DROPSHIP = "dropship";

  // --- annotations
  static final String APPLICATION_NAME = "cloudfoundry.org/application_name";
  static final String APPLICATION_ID = "cloudfoundry.org/application_id";
  static final String PROCESS_GUID = "cloudfoundry.org/process_guid";
  static final String SPACE_NAME = "cloudfoundry.org/space_name";
  static final String ORG_NAME = "cloudfoundry.org/org_name";

  /** Cloud Controller's mark, byte for byte. */
  public static final String LAST_UPDATED = "cloudfoundry.org/last_updated";

  /** A JSON array of {@code {"hostname", "port"}}. */
  public static final String ROUTES = "cloudfoundry.org/routes";

  /** What a pinned image is made of: with these two and a root file system it can be made anew. */
  public static final String DROPLET_GUID = "cloudfoundry.org/droplet_guid";

  public static final String DROPLET_HASH = "cloudfoundry.org/droplet_hash";

  /** The stack and version that a pinned image is made of, in full: {@code cflinuxfs4/1.2.3}. */
  public static final String ROOTFS = "dropship/rootfs";

  /** On a StatefulSet: when a roll-out has last changed its image (RFC 3339). */
  public static final String ROLLED_AT = "dropship/rolled-at";

  /**
   * On a StatefulSet: {@code some} or {@code all}, if so many were not ready when that was done.
   */
  public static final String UNREADY_BEFORE = "dropship/unready-before";

  /** On a task's Job: the URL that is told its result. */
  public static final String COMPLETION_CALLBACK = "cloudfoundry.org/completion_callback";

  /** On a task's Job: it is to end, and its callback hears that it was cancelled. */
  public static final String CANCELLED = "dropship/cancelled";

  /** A label of a task's Job: its callback has heard the result. */
  public static final String TASK_COMPLETED = "cloudfoundry.org/task_completed";

  /** On a pod: the last crash that Cloud Controller has been told of. */
  public static final String LAST_CRASH = "cloudfoundry.org/last_reported_app_crash";

  /** On a task's Job: how often its callback could not be told. */
  public static final String TASK_REPORT_COUNT = "cloudfoundry.org/task_completion_report_counter";

  /** On a task's Job: when its callback has been told (RFC 3339). */
  public static final String TASK_REPORTED_AT = "dropship/reported-at";

  static final String TASK_NAME = "cloudfoundry.org/name";

  // --- Kubernetes' own
  /** A label of a pod: which revision of its StatefulSet it is made from. */
  public static final String REVISION = "controller-revision-hash";

  /** A label of a pod: the Job it belongs to. */
  public static final String JOB_NAME = "job-name";

  /** What is kept of all that is {@link Watched}, labels and annotations. */
  static final Set<String> LOOKED_AT =
      Set.of(
          GUID,
          VERSION,
          SOURCE_TYPE,
          PIN,
          STACK,
          ROLLOUT,
          LAST_UPDATED,
          ROUTES,
          DROPLET_GUID,
          DROPLET_HASH,
          ROOTFS,
          ROLLED_AT,
          UNREADY_BEFORE,
          COMPLETION_CALLBACK,
          CANCELLED,
          TASK_COMPLETED,
          LAST_CRASH,
          TASK_REPORT_COUNT,
          TASK_REPORTED_AT,
          REVISION,
          JOB_NAME);

  private static final Pattern VALUE =
      Pattern.compile("(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?");

  private static final int LONGEST_VALUE = 63;

  private Labels() {}

  /** Whether a text may be the value of a label. Versions of root file systems need not. */
  public static boolean isValue(String text) {
    return VALUE.matcher(text).matches();
  }

  /** The value of {@link #ROOTFS_VERSION}, where what labels may not have is replaced. */
  public static String rootfsVersion(String version) {
    if (isValue(version)) {
      return version;
    }
    var cut = version.substring(0, Math.min(LONGEST_VALUE - 2, version.length()));
    return "v" + cut.replaceAll("[^A-Za-z0-9._-]", "-") + "v";
  }
}

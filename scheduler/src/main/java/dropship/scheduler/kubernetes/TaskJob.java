package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Task;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A task as a Job that runs once, whatever happens. */
final class TaskJob {
  private TaskJob() {}

  static Job of(Task task, String namespace, AppImage image, LrpSettings settings) {
    var pullSecrets = new ArrayList<>(List.of(settings.pullSecret()));
    if (hasLogin(task)) {
      pullSecrets.add(AppStatefulSet.loginSecretName(nameOf(task)));
    }
    return new JobBuilder()
        .withNewMetadata()
        .withName(nameOf(task))
        .withNamespace(namespace)
        .withLabels(labels(task, image))
        .withAnnotations(annotations(task))
        .endMetadata()
        .withNewSpec()
        .withParallelism(1)
        .withCompletions(1)
        .withBackoffLimit(0)
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels(task, image))
        .withAnnotations(new TreeMap<>(Map.of(Labels.GUID, task.guid())))
        .endMetadata()
        .withSpec(
            AppPod.hardened(pullSecrets)
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(settings.grace().toSeconds())
                .withContainers(
                    AppContainer.of(
                        task.guid(),
                        task.app(),
                        task.lifecycle(),
                        task.environment(),
                        image.reference(),
                        settings))
                .build())
        .endTemplate()
        .endSpec()
        .build();
  }

  /** Two runs of a task of one name are two tasks. */
  static String nameOf(Task task) {
    var app = task.app();
    var readable = app.name() + "-" + app.spaceName();
    return ObjectNames.name(
        task.name().isEmpty() ? readable : readable + "-" + task.name(), "task", task.guid());
  }

  static boolean hasLogin(Task task) {
    return task.lifecycle() instanceof Lifecycle.Docker docker && docker.login().isPresent();
  }

  private static Map<String, String> labels(Task task, AppImage image) {
    var labels = new TreeMap<String, String>();
    labels.put(Labels.GUID, task.guid());
    labels.put(Labels.SOURCE_TYPE, Labels.TASK);
    labels.put(Labels.OLD_SOURCE_TYPE, Labels.TASK);
    AppStatefulSet.putValue(labels, Labels.APP_GUID, task.app().guid());
    AppStatefulSet.putValue(labels, Labels.SPACE_GUID, task.app().spaceGuid());
    AppStatefulSet.putValue(labels, Labels.TASK_NAME, task.name());
    image
        .pinned()
        .ifPresent(pinned ->
            labels.put(Labels.ROOTFS_VERSION, Labels.rootfsVersion(pinned.rootfs().version())));
    return labels;
  }

  private static Map<String, String> annotations(Task task) {
    App app = task.app();
    var annotations = new TreeMap<String, String>();
    annotations.put(Labels.APPLICATION_NAME, app.name());
    annotations.put(Labels.APPLICATION_ID, app.guid());
    annotations.put(Labels.SPACE_NAME, app.spaceName());
    annotations.put(Labels.ORG_NAME, app.organizationName());
    annotations.put(Labels.COMPLETION_CALLBACK, task.callback());
    return annotations;
  }
}

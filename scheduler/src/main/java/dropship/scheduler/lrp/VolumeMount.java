package dropship.scheduler.lrp;

/** A volume claim, and where an app sees it. */
public record VolumeMount(String volumeId, String mountDir) {}

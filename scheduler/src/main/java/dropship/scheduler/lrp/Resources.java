package dropship.scheduler.lrp;

/**
 * What an instance may use.
 *
 * @param memoryMb in MiB
 * @param diskMb in MiB; 0 = what is configured
 * @param cpuWeight 1 to 100
 */
public record Resources(int memoryMb, int diskMb, int cpuWeight) {}

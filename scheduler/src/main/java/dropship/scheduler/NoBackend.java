package dropship.scheduler;

import dropship.scheduler.lrp.DesiredLrp;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.LrpUpdate;
import dropship.scheduler.lrp.Lrps;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Task;
import dropship.scheduler.lrp.Tasks;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Stands where Kubernetes will be: nothing can be done, and nothing is known. */
final class NoBackend {
  private static final String REASON = "Kubernetes is not wired yet";

  private NoBackend() {}

  static Backend open() {
    return new Backend(
        new NoLrps(), new NoTasks(), () -> Optional.of(REASON), router -> {}, () -> {});
  }

  private static IOException failure() {
    return new IOException(REASON);
  }

  private static final class NoLrps implements Lrps {
    @Override
    public void desire(Lrp lrp) throws IOException {
      throw failure();
    }

    @Override
    public Collection<DesiredLrp> list() throws IOException {
      throw failure();
    }

    @Override
    public Optional<DesiredLrp> find(ProcessGuid id) throws IOException {
      throw failure();
    }

    @Override
    public void update(ProcessGuid id, LrpUpdate update) throws IOException {
      throw failure();
    }

    @Override
    public void stop(ProcessGuid id) throws IOException {
      throw failure();
    }

    @Override
    public void stopInstance(ProcessGuid id, int index) throws IOException {
      throw failure();
    }

    @Override
    public List<Instance> instances(ProcessGuid id) throws IOException {
      throw failure();
    }
  }

  private static final class NoTasks implements Tasks {
    @Override
    public void desire(Task task) throws IOException {
      throw failure();
    }

    @Override
    public Collection<String> list() throws IOException {
      throw failure();
    }

    @Override
    public boolean contains(String guid) throws IOException {
      throw failure();
    }

    @Override
    public void cancel(String guid) throws IOException {
      throw failure();
    }
  }
}

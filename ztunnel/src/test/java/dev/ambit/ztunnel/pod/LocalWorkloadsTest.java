package dev.ambit.ztunnel.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.inpod.PodInfo;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalWorkloadsTest {
    private static final Workload WEB = MeshOf.workload("web", "10.0.0.1").build();
    private static final Workload OTHER = MeshOf.workload("other", "10.0.0.2").build();
    private static final PodInfo POD =
            new PodInfo("uid", WEB.name(), WEB.namespace(), WEB.serviceAccount());

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final MeshStore mesh = new MeshStore("node-1");
    private final LocalWorkloads workloads = new LocalWorkloads(mesh, Duration.ofSeconds(5));
    private final List<Optional<Workload>> found = new ArrayList<>();

    LocalWorkloadsTest() {
        channel.freezeTime();
        mesh.listen(_ -> workloads.changed());
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void put(Workload workload) {
        mesh.apply(List.of(new Change.PutWorkload(workload)));
        channel.runPendingTasks();
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    @Test
    void knownWorkload_isFoundAtOnce() {
        put(WEB);

        workloads.find(POD, channel.eventLoop(), found::add);

        assertThat(found).containsExactly(Optional.of(WEB));
    }

    @Test
    void workloadThatComesLater_isWaitedFor_andAnotherIsNot() {
        workloads.find(POD, channel.eventLoop(), found::add);
        put(OTHER);
        assertThat(found).isEmpty();

        put(WEB);

        assertThat(found).containsExactly(Optional.of(WEB));
        pass(Duration.ofSeconds(6));
        assertThat(found).as("told once").hasSize(1);
    }

    @Test
    void workloadThatNeverComes_isGivenUpInTime() {
        workloads.find(POD, channel.eventLoop(), found::add);
        pass(Duration.ofMillis(4_999));
        assertThat(found).isEmpty();

        pass(Duration.ofMillis(1));

        assertThat(found).containsExactly(Optional.empty());
        put(WEB);
        assertThat(found).hasSize(1);
    }

    @Test
    void podOfAnotherServiceAccount_isNotIt() {
        put(WEB);

        workloads.find(
                new PodInfo("uid", WEB.name(), WEB.namespace(), "robber"),
                channel.eventLoop(),
                found::add);
        pass(Duration.ofSeconds(5));

        assertThat(found).containsExactly(Optional.empty());
    }
}

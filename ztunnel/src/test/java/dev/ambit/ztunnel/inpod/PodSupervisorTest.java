package dev.ambit.ztunnel.inpod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PodSupervisorTest {
    private static final PodInfo WEB = new PodInfo("u1", "web", "shop", "web");
    private static final PodInfo CART = new PodInfo("u2", "cart", "shop", "cart");

    private final RecordingRuntimes runtimes = new RecordingRuntimes();
    private final PodSupervisor pods = new PodSupervisor(runtimes);

    private static NetworkNamespace own() throws LinuxException {
        return NetworkNamespace.current();
    }

    /// Another file, so another inode: stands for another namespace.
    private static NetworkNamespace other() throws LinuxException {
        return NetworkNamespace.open(Path.of("/proc/thread-self/ns/mnt"));
    }

    @Test
    void added_runs_andDeletedStops() throws Exception {
        var namespace = own();
        assertThat(pods.add(WEB, namespace)).isEmpty();
        assertThat(pods.active()).containsExactly(WEB);
        assertThat(pods.runtime("u1")).isPresent();

        pods.delete("u1");

        assertThat(runtimes.events()).containsExactly("start shop/web", "stop shop/web");
        assertThat(pods.counts()).isEqualTo(new PodSupervisor.Counts(0, 0, 1, 1));
        assertThatThrownBy(namespace::fd).hasMessageContaining("is closed");
    }

    @Test
    void addedAgain_sameNamespace_changesNothing_andTheSecondDescriptorIsClosed() throws Exception {
        pods.add(WEB, own());
        var second = own();

        assertThat(pods.add(WEB, second)).isEmpty();

        assertThat(runtimes.events()).containsExactly("start shop/web");
        assertThatThrownBy(second::fd).hasMessageContaining("is closed");
    }

    @Test
    void addedAgain_otherNamespace_replaces() throws Exception {
        var first = own();
        pods.add(WEB, first);

        pods.add(WEB, other());

        assertThat(runtimes.events())
                .containsExactly("start shop/web", "stop shop/web", "start shop/web");
        assertThatThrownBy(first::fd).hasMessageContaining("is closed");
        assertThat(pods.counts().active()).isEqualTo(1);
    }

    @Test
    void failed_waits_saysWhy_andIsTriedAgain() throws Exception {
        runtimes.refuse("web");
        pods.snapshotComplete();

        assertThat(pods.add(WEB, own())).hasValue("port 15008 is taken");
        assertThat(pods.settled()).isFalse();
        assertThat(pods.waiting()).containsEntry("u1", "shop/web");
        pods.waiting().keySet().forEach(pods::retry);
        assertThat(pods.counts().pending()).isEqualTo(1);

        runtimes.allow("web");
        pods.waiting().keySet().forEach(pods::retry);

        assertThat(pods.settled()).isTrue();
        assertThat(pods.active()).containsExactly(WEB);
        assertThat(pods.waiting()).isEmpty();
    }

    @Test
    void failed_thenDeleted_isForgotten() throws Exception {
        runtimes.refuse("web");
        var namespace = own();
        pods.add(WEB, namespace);

        pods.delete("u1");

        runtimes.allow("web");
        pods.waiting().keySet().forEach(pods::retry);
        assertThat(runtimes.events()).isEmpty();
        assertThatThrownBy(namespace::fd).hasMessageContaining("is closed");
    }

    @Test
    void snapshot_stopsWhatItDoesNotName() throws Exception {
        pods.add(WEB, own());
        pods.add(CART, own());
        pods.snapshotComplete();
        assertThat(pods.active()).containsExactlyInAnyOrder(WEB, CART);

        pods.connected();
        assertThat(pods.settled()).isFalse();
        assertThat(pods.active()).as("go on meanwhile").hasSize(2);
        pods.keep("u2");
        pods.snapshotComplete();

        assertThat(pods.active()).containsExactly(CART);
        assertThat(pods.settled()).isTrue();
    }

    @Test
    void deletedWithinTheSnapshot_isNotKept() throws Exception {
        pods.add(WEB, own());
        pods.delete("u1");
        pods.add(CART, own());

        pods.snapshotComplete();

        assertThat(pods.active()).containsExactly(CART);
    }

    @Test
    void newConnection_forgetsWhatWaits() throws Exception {
        runtimes.refuse("web");
        var namespace = own();
        pods.add(WEB, namespace);

        pods.connected();

        assertThat(pods.counts().pending()).isZero();
        assertThatThrownBy(namespace::fd).hasMessageContaining("is closed");
    }

    @Test
    void unknownUid_isFine() {
        pods.delete("nobody");
        pods.keep("nobody");
        pods.snapshotComplete();

        assertThat(pods.settled()).isTrue();
        assertThat(pods.counts()).isEqualTo(new PodSupervisor.Counts(0, 0, 0, 0));
    }
}

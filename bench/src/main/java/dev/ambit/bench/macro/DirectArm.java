package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabPod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/// Nothing between the applications: what cables, kernel and generators do by themselves.
record DirectArm(LabConfig config) implements Arm {
    @Override
    public String name() {
        return "direct";
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public boolean warmsUp() {
        return false;
    }

    @Override
    public Rig raise() {
        var lab = Lab.open(config);
        try {
            return new Standing(PodPair.in(lab));
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    private record Standing(PodPair pair) implements Rig {
        @Override
        public Lab lab() {
            return pair.lab();
        }

        @Override
        public LabPod client() {
            return pair.client();
        }

        @Override
        public LabPod server() {
            return pair.server();
        }

        @Override
        public InetSocketAddress dial(AppPort port) {
            return new InetSocketAddress(pair.server().address(), port.number());
        }

        @Override
        public List<Long> proxies() {
            return List.of();
        }

        @Override
        public List<Birth> births() {
            return List.of();
        }

        @Override
        public Optional<String> cipher() {
            return Optional.empty();
        }

        @Override
        public void close() {
            pair.lab().close();
        }
    }
}

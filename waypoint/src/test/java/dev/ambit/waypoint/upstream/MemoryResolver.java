package dev.ambit.waypoint.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Names that a test says.
final class MemoryResolver implements Resolver {
    private final Map<String, Answer> answers = new HashMap<>();
    final List<String> asked = new ArrayList<>();

    void put(String name, Duration ttl, String... addresses) {
        var all = new ArrayList<InetAddress>();
        for (var address : addresses) {
            try {
                all.add(InetAddress.getByName(address));
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException(address, e);
            }
        }
        answers.put(name, all.isEmpty() ? new Answer.None() : new Answer.Addresses(all, ttl));
    }

    void fail(String name) {
        answers.put(name, new Answer.Failed("timeout"));
    }

    @Override
    public Answer resolve(String name, Discovery.Family family) {
        asked.add(name);
        return answers.getOrDefault(name, new Answer.Failed("no such test name"));
    }
}

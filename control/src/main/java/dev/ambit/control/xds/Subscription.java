package dev.ambit.control.xds;

import com.google.protobuf.Any;
import dev.ambit.control.xds.Snapshot.Versioned;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// What one client knows and wants of one type: the delta xDS rules without any I/O. Not
/// thread-safe.
///
/// What was sent counts as known, acknowledged or not: a resource that a client refused is sent
/// again when it changes, not over and over.
final class Subscription {
    private static final String WILDCARD = "*";

    private final String type;
    private final Map<String, String> known = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> unanswered = new HashSet<>();
    private boolean wildcard;
    private boolean first = true;
    private boolean owed;

    Subscription(String type) {
        this.type = type;
    }

    /// Takes in what a client says it has and wants; {@link #next} tells what it is owed.
    void onRequest(DeltaDiscoveryRequest request) {
        if (first) {
            known.putAll(request.getInitialResourceVersionsMap());
            // The rule for old clients: a first request without names asks for all.
            wildcard = request.getResourceNamesSubscribeList().isEmpty();
            owed = true;
            first = false;
        }
        for (var name : request.getResourceNamesSubscribeList()) {
            if (name.equals(WILDCARD)) {
                owed |= !wildcard;
                wildcard = true;
            } else {
                names.add(name);
                // Asked for again: an answer is due even if nothing changed.
                unanswered.add(name);
            }
        }
        for (var name : request.getResourceNamesUnsubscribeList()) {
            if (name.equals(WILDCARD)) {
                wildcard = false;
            } else {
                names.remove(name);
                unanswered.remove(name);
            }
        }
        if (!wildcard) {
            known.keySet().retainAll(names);
        }
    }

    /// These are sent again even if they are what the client has: a proxy that takes in a changed
    /// cluster waits for its endpoints anew, and without them would begin with none.
    void again(Collection<String> resources) {
        for (var name : resources) {
            if (names.contains(name) || wildcard) {
                unanswered.add(name);
            }
        }
    }

    /// The response that brings the client up to `snapshot`, counted as known from now on; empty
    /// when it is already there. The first answer to a wildcard is sent even if there is nothing.
    Optional<DeltaDiscoveryResponse> next(Snapshot snapshot, String nonce) {
        var existing = snapshot.of(type);
        var changed = changed(existing);
        var removed = removed(existing);
        boolean due = owed && wildcard;
        owed = false;
        if (changed.isEmpty() && removed.isEmpty() && !due) {
            return Optional.empty();
        }
        removed.forEach(known::remove);
        var response =
                DeltaDiscoveryResponse.newBuilder()
                        .setTypeUrl(type)
                        .setNonce(nonce)
                        .addAllRemovedResources(removed);
        for (var resource : changed) {
            known.put(resource.getName(), resource.getVersion());
            response.addResources(resource);
        }
        unanswered.clear();
        return Optional.of(response.build());
    }

    private List<Resource> changed(SequencedMap<String, Versioned> existing) {
        var changed = new ArrayList<Resource>();
        if (wildcard) {
            existing.forEach((name, resource) -> {
                if (due(name, resource)) {
                    changed.add(resource(name, resource));
                }
            });
            return changed;
        }
        for (var name : names) {
            var resource = existing.get(name);
            if (resource != null && due(name, resource)) {
                changed.add(resource(name, resource));
            }
        }
        return changed;
    }

    private boolean due(String name, Versioned resource) {
        return unanswered.contains(name) || !resource.version().equals(known.get(name));
    }

    /// Known but gone; and asked for by name but not there, so that the client need not wait.
    private List<String> removed(SequencedMap<String, Versioned> existing) {
        var removed = new ArrayList<String>();
        for (var name : known.keySet()) {
            if (!existing.containsKey(name)) {
                removed.add(name);
            }
        }
        for (var name : unanswered) {
            if (!existing.containsKey(name) && !known.containsKey(name)) {
                removed.add(name);
            }
        }
        return removed;
    }

    private static Resource resource(String name, Versioned resource) {
        Any any = resource.resource();
        return Resource.newBuilder()
                .setName(name)
                .setVersion(resource.version())
                .setResource(any)
                .build();
    }
}

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "private", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["enable_request_signal"],
  globalOutbound = "private",
);

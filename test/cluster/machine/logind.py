"""The part of systemd-logind that a kubelet speaks to, with a system bus of its own.

Once /run/systemd/inhibit is there, it answers; a file in it is a lock somebody has taken. At SIGUSR1 the machine shuts
down, or so it says.
"""

import os
import signal
import subprocess

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

ADDRESS = "unix:path=/run/dbus/system_bus_socket"
LOCKS = "/run/systemd/inhibit"
MANAGER = "org.freedesktop.login1.Manager"
# More than a kubelet here asks for: it does not want to configure it.
DELAY_US = 120_000_000


class Login1(dbus.service.Object):
    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, _what, who, _why, _mode):
        with open(f"{LOCKS}/{who}", "w", encoding="utf-8") as lock:
            return dbus.types.UnixFd(lock)

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, _interface, name):
        return {"InhibitDelayMaxUSec": dbus.UInt64(DELAY_US)}[name]

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForShutdown(self, active):
        pass


def shut_down(login1):
    login1.PrepareForShutdown(True)
    return GLib.SOURCE_CONTINUE


def serve():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(ADDRESS)
    name = dbus.service.BusName("org.freedesktop.login1", bus)
    login1 = Login1(name, "/org/freedesktop/login1")
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, shut_down, login1)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    os.makedirs(LOCKS)
    loop.run()


os.makedirs("/run/dbus", exist_ok=True)
daemon = ["dbus-daemon", "--session", f"--address={ADDRESS}", "--nofork", "--nopidfile", "--print-address"]
with subprocess.Popen(daemon, stdout=subprocess.PIPE) as process:
    try:
        # It writes its address once it listens.
        process.stdout.readline()
        serve()
    finally:
        process.terminate()

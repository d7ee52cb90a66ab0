using System.Globalization;

namespace Slideport.Bench;

/// <summary>A Samba of the benchmark's own on a loopback port, with one share that takes nothing that is not encrypted.</summary>
internal sealed class SambaPeer : IDisposable
{
    private const string Password = "bench";

    private readonly string _folder;
    private readonly ChildProcess _server;

    private SambaPeer(string folder, int port, ChildProcess server) => (_folder, Port, _server) = (folder, port, server);

    internal static string User => Environment.UserName;

    internal int Port { get; }

    /// <summary>The share's folder on this machine.</summary>
    internal string Share => ShareIn(_folder);

    /// <summary>A folder with our credentials for it, as <c>slideport store login</c> keeps them.</summary>
    internal string Credentials => Path.Join(_folder, "credentials");

    /// <summary>What cannot be measured here without; null: it is all there.</summary>
    internal static string? Missing => ChildProcess.Exists("smbd") && ChildProcess.Exists("smbclient") ? null : "Samba and smbclient are not installed here";

    internal static async Task<SambaPeer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(ShareIn(folder));
        Directory.CreateDirectory(Path.Join(folder, "credentials"));
        WriteSecret(Path.Join(folder, "credentials", "127.0.0.1"), $"username={User}\npassword={Password}\n");
        var (port, configuration) = (ChildProcess.FreePort(), Path.Join(folder, "samba.conf"));
        await File.WriteAllTextAsync(configuration, Configuration(folder, port), cancellationToken);
        await ChildProcess.RunAsync("sh", ["-c", "printf '%s\\n%s\\n' \"$2\" \"$2\" | smbpasswd -c \"$0\" -a -s \"$1\"", configuration, User, Password], cancellationToken);
        var server = ChildProcess.Start("/usr/sbin/smbd", ["-F", "--no-process-group", "-s", configuration]);
        await server.WaitForPortAsync(port, cancellationToken);
        return new SambaPeer(folder, port, server);
    }

    /// <summary>Seconds that smbclient takes to put a file there, encrypted.</summary>
    internal Task<double> PutAsync(string file, string name, CancellationToken cancellationToken) => ChildProcess.RunAsync(
        "smbclient",
        [
            "//127.0.0.1/slides", "-p", Port.ToString(CultureInfo.InvariantCulture), "-A", Path.Join(Credentials, "127.0.0.1"), "-m", "SMB3_11", "--client-protection=encrypt",
            "-c", $"put \"{file}\" \"{name}\"",
        ],
        cancellationToken);

    public void Dispose() => _server.Dispose();

    private static string ShareIn(string folder) => Path.Join(folder, "share");

    private static void WriteSecret(string path, string text)
    {
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string Configuration(string folder, int port) => $"""
        [global]
        server role = standalone
        interfaces = lo
        bind interfaces only = yes
        smb ports = {port.ToString(CultureInfo.InvariantCulture)}
        disable netbios = yes
        ntlm auth = ntlmv2-only
        private dir = {folder}
        lock directory = {folder}
        state directory = {folder}
        cache directory = {folder}
        pid directory = {folder}
        ncalrpc dir = {folder}
        log file = {folder}/samba.log
        passdb backend = tdbsam:{folder}/users.tdb
        load printers = no
        server min protocol = SMB3_11
        server smb encrypt = required
        server signing = mandatory
        map to guest = never
        restrict anonymous = 2
        [slides]
        path = {ShareIn(folder)}
        read only = no
        strict sync = yes

        """;
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>A real Samba of our own on a free loopback port, with its files and its only share in a temporary folder; started when a test asks.</summary>
public sealed class SambaServer : IAsyncLifetime
{
    internal const string User = "root";
    internal const string Password = "Kiwi=4 Grün%";

    internal const string Strict = """
        server min protocol = SMB3_11
        server smb encrypt = required
        server signing = mandatory
        map to guest = never
        restrict anonymous = 2
        """;

    private const int MaxAttempts = 5;

    private static readonly TimeSpan ToEnd = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-samba-").FullName;
    private Process? _server;
    private string _share = "";
    private int _port;
    private bool _hasAnswered;

    /// <summary>The share's folder on this machine.</summary>
    internal string Share => _share;

    /// <summary>Where stores make what they send.</summary>
    internal string Work => Path.Join(_folder, "work");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A folder of the share.</summary>
    internal SmbLocation Location(string folder) => new("127.0.0.1", _port, "slides", folder);

    /// <summary>A store in a folder of the share, which is made.</summary>
    /// <param name="folder">Its name.</param>
    /// <param name="user">As whom.</param>
    /// <param name="password">The password said.</param>
    /// <param name="at">The port to connect to, where it is not the server's own.</param>
    internal SmbImageStore Store(string folder, string user = User, string password = Password, int? at = null)
    {
        if (folder.Length > 0)
            Directory.CreateDirectory(Path.Join(_share, folder));
        return new SmbImageStore(Location(folder) with { Port = at ?? _port }, new SmbSurroundings(Work, Credentials(user, password), SmbProgram.Self));
    }

    /// <summary>A file of credentials.</summary>
    internal string Credentials(string user, string password)
    {
        var path = Path.Join(_folder, $"credentials-{Guid.NewGuid():N}");
        File.WriteAllText(path, new SmbCredentials(user, password).ToFile());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>Starts it, unless it runs.</summary>
    /// <param name="settings">What it demands; null: everything we do.</param>
    /// <param name="share">The share's folder; null: one of ours.</param>
    /// <param name="shareSettings">What else holds for the share.</param>
    internal async Task StartAsync(string? settings = null, string? share = null, string shareSettings = "")
    {
        if (_server is not null)
            return;
        if (!File.Exists("/usr/sbin/smbd") || !File.Exists("/usr/lib/x86_64-linux-gnu/libsmbclient.so.0") && !File.Exists("/usr/lib/aarch64-linux-gnu/libsmbclient.so.0"))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "Samba or libsmbclient is not installed (Debian packages samba, libsmbclient).");
            Assert.Fail("Samba or libsmbclient is not installed (Debian packages samba, libsmbclient).");
        }

        _share = share ?? Directory.CreateDirectory(Path.Join(_folder, "share")).FullName;
        for (var attempt = 1; !await TryStartAsync(settings ?? Strict, shareSettings); attempt++)
        {
            // Somebody may have taken the port meanwhile; once stores know it, it stays.
            Assert.True(attempt < MaxAttempts, "Samba ended before it answered.");
            if (!_hasAnswered)
                _port = 0;
        }

        _hasAnswered = true;
    }

    /// <summary>Another password for the user.</summary>
    internal async Task SetPasswordAsync(string password)
    {
        using var add = Start("smbpasswd", "-c", Path.Join(_folder, "samba.conf"), "-a", "-s", User);
        await add.StandardInput.WriteAsync($"{password}\n{password}\n");
        add.StandardInput.Close();
        await add.WaitForExitAsync();
        Assert.Equal(0, add.ExitCode);
    }

    /// <summary>Ends it and whoever serves its connections, and returns when they are gone.</summary>
    internal async Task StopAsync()
    {
        if (_server is null)
            return;
        var all = Processes();
        try
        {
            await SignalAsync("-CONT");
        }
        finally
        {
            _server.Kill(entireProcessTree: true);
            await _server.WaitForExitAsync();
            _server.Dispose();
            _server = null;
        }

        for (var began = TimeProvider.System.GetTimestamp(); all.Exists(IsRunning); await Task.Delay(20))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < ToEnd, "Samba does not end.");
    }

    /// <summary>Processes that speak with shares for stores that work in <see cref="Work"/>.</summary>
    internal int[] Agents() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit))
            .Where(id => ReadOrEmpty(() => new FileInfo($"/proc/{id}/cwd").LinkTarget) == Path.Join(Work, ".agent")).Select(id => int.Parse(id!, CultureInfo.InvariantCulture)).Order(),
    ];

    /// <summary>Sends a signal to it and whoever serves its connections: <c>-STOP</c>, <c>-CONT</c>.</summary>
    internal Task SignalAsync(string signal) => SignalAsync(signal, Processes());

    /// <summary>Sends a signal.</summary>
    internal static async Task SignalAsync(string signal, IEnumerable<int> processes)
    {
        using var kill = Start(["kill", signal, .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))]);
        await kill.WaitForExitAsync(); // some may have ended meanwhile
    }

    /// <summary>Processes that a process has started.</summary>
    internal static IEnumerable<int> ChildrenOf(int process)
    {
        string[] tasks;
        try
        {
            tasks = Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (IOException)
        {
            return []; // it has ended
        }

        return tasks.SelectMany(task => ReadOrEmpty(() => File.ReadAllText(Path.Join(task, "children"))).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
    }

    /// <summary>What /proc says of a process; nothing when it has ended meanwhile.</summary>
    internal static string ReadOrEmpty(Func<string?> read)
    {
        try
        {
            return read() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private List<int> Processes()
    {
        List<int> all = [_server!.Id];
        for (var at = 0; at < all.Count; at++)
            all.AddRange(ChildrenOf(all[at]));
        return all;
    }

    // Of one that has ended and whose end nobody has asked for, the command line is empty.
    private static bool IsRunning(int process) => ReadOrEmpty(() => File.ReadAllText($"/proc/{process}/cmdline")).Contains("smbd", StringComparison.Ordinal);

    private async Task<bool> TryStartAsync(string settings, string shareSettings)
    {
        if (_port == 0)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var configuration = Path.Join(_folder, "samba.conf");
        await File.WriteAllTextAsync(configuration, Configuration(settings, shareSettings));
        if (!File.Exists(Path.Join(_folder, "users.tdb")))
            await SetPasswordAsync(Password);
        _server = Start("/usr/sbin/smbd", "-F", "--no-process-group", "-s", configuration);
        while (!await AnswersAsync())
        {
            if (_server.HasExited)
            {
                await StopAsync();
                return false;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        return true;
    }

    private string Configuration(string settings, string shareSettings) => $"""
        [global]
        server role = standalone
        netbios name = SLIDEPORT
        interfaces = lo
        bind interfaces only = yes
        smb ports = {_port.ToString(CultureInfo.InvariantCulture)}
        disable netbios = yes
        ntlm auth = ntlmv2-only
        private dir = {_folder}
        lock directory = {_folder}
        state directory = {_folder}
        cache directory = {_folder}
        pid directory = {_folder}
        ncalrpc dir = {_folder}
        log file = {_folder}/samba.log
        passdb backend = tdbsam:{_folder}/users.tdb
        load printers = no
        guest account = {User}
        {settings}
        [slides]
        path = {_share}
        read only = no
        strict sync = yes
        force user = {User}
        {shareSettings}

        """;

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}

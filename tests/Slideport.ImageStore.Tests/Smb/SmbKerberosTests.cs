using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>A server that knows no password of ours, and a realm of our own that gives us a ticket for it.</summary>
public sealed class SmbKerberosTests : IAsyncLifetime
{
    private const string Realm = "SLIDEPORT.TEST";
    private const int MaxAttempts = 5;

    private static readonly string Host = Environment.MachineName.ToLowerInvariant();

    private readonly SambaServer _samba = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-realm-").FullName;
    private Process? _realm;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var name in (string[])["KRB5_CONFIG", "KRB5_KDC_PROFILE", "KRB5CCNAME"])
            Environment.SetEnvironmentVariable(name, null);
        if (_realm is not null)
        {
            _realm.Kill();
            await _realm.WaitForExitAsync();
            _realm.Dispose();
        }

        await _samba.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Without_credentials_of_ours_the_hosts_ticket_is_used_and_without_one_the_share_is_refused()
    {
        await StartRealmAsync();
        var address = Array.Find(await Dns.GetHostAddressesAsync(Host, Cancel), a => a.AddressFamily == AddressFamily.InterNetwork);
        Assert.SkipWhen(address is null, "This machine's name has no address.");
        await _samba.StartAsync(
            $"{SambaServer.Strict}\ninterfaces = lo {address}\nrealm = {Realm}\nkerberos method = dedicated keytab\ndedicated keytab file = {At("server.keytab")}\ngensec:require_pac = no");
        var location = _samba.Location("") with { Server = Host };
        using var store = new SmbImageStore(location, new SmbSurroundings(_samba.Work, At("no-credentials"), SmbProgram.Self));

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(StoreTrial.Small, Cancel));
        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("does not take the host's Kerberos ticket: have one (kinit)", refused.Message, StringComparison.Ordinal);

        await RunAsync("kinit", "-k", "-t", At("user.keytab"), SambaServer.User);
        await store.TryAsync(StoreTrial.Small, Cancel);
        await store.CheckAsync(null, Cancel);
        Assert.Equal([".slideport-store.json"], Directory.GetFileSystemEntries(_samba.Share).Select(Path.GetFileName));
    }

    private async Task StartRealmAsync()
    {
        if (!File.Exists("/usr/sbin/krb5kdc") || !File.Exists("/usr/sbin/kadmin.local") || !File.Exists("/usr/bin/kinit"))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "MIT Kerberos is not installed (Debian packages krb5-kdc, krb5-admin-server, krb5-user).");
            Assert.Fail("MIT Kerberos is not installed (Debian packages krb5-kdc, krb5-admin-server, krb5-user).");
        }

        var port = await ConfigureAsync();
        await RunAsync("kdb5_util", "create", "-s", "-P", "master");
        foreach (var (principal, keytab) in ((string, string)[])[(SambaServer.User, "user.keytab"), ($"cifs/{Host}", "server.keytab")])
        {
            await RunAsync("kadmin.local", "-q", $"addprinc -randkey {principal}");
            await RunAsync("kadmin.local", "-q", $"ktadd -k {At(keytab)} {principal}");
        }

        for (var attempt = 1; !await TryStartAsync(port); attempt++)
        {
            // Somebody may have taken the port meanwhile.
            Assert.True(attempt < MaxAttempts, "The KDC ended before it answered.");
            port = await ConfigureAsync();
        }
    }

    private async Task<bool> TryStartAsync(int port)
    {
        _realm = Start("krb5kdc", "-n");
        while (!await AnswersAsync(port))
        {
            if (_realm.HasExited)
            {
                _realm.Dispose();
                _realm = null;
                return false;
            }

            await Task.Delay(50, Cancel);
        }

        return true;
    }

    private async Task<int> ConfigureAsync()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        await WriteAsync("krb5.conf", $$"""
            [libdefaults]
              default_realm = {{Realm}}
              dns_lookup_kdc = false
              dns_lookup_realm = false
              dns_canonicalize_hostname = false
              rdns = false
            [realms]
              {{Realm}} = {
                kdc = 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}}
              }
            [domain_realm]
              {{Host}} = {{Realm}}

            """);
        await WriteAsync("kdc.conf", $$"""
            [kdcdefaults]
              kdc_listen = 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}}
              kdc_tcp_listen = 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}}
            [realms]
              {{Realm}} = {
                database_name = {{At("principal")}}
                key_stash_file = {{At("stash")}}
                acl_file = {{At("acl")}}
                disable_pac = true
              }

            """);
        Environment.SetEnvironmentVariable("KRB5_CONFIG", At("krb5.conf"));
        Environment.SetEnvironmentVariable("KRB5_KDC_PROFILE", At("kdc.conf"));
        Environment.SetEnvironmentVariable("KRB5CCNAME", "FILE:" + At("ticket"));
        return port;
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} exited with {process.ExitCode}.");
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(At(name), text, Cancel);

    private string At(string name) => Path.Join(_folder, name);
}

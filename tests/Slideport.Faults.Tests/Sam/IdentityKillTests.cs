using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests.Sam;

/// <summary>An installation's identity is being made when the process is killed, at every step of it.</summary>
public sealed class IdentityKillTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-identity-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("pwrite64")]
    [InlineData("fsync")]
    [InlineData("renameat")]
    public async Task Killed_at_any_step_every_file_is_whole_and_the_next_start_makes_the_rest(string call)
    {
        ServerProcess.RequireStrace();
        var killed = 0;
        for (var at = 1; await KillAtAsync(call, at); at++)
            killed++;

        // Three pairs of files, each file at least once.
        Assert.True(killed >= 6, $"{call}: killed {killed} times only");
    }

    private async Task<bool> KillAtAsync(string call, int at)
    {
        var folder = Path.Join(_root, string.Create(CultureInfo.InvariantCulture, $"{call}-{at}"));
        await using var child = new ChildProcess(
            [Environment.ProcessPath!, "identity", folder],
            ["-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")],
            "done");
        var isDone = await child.FindAsync() is not null;
        await child.WaitAsync();
        if (Directory.Exists(folder))
            Assert.All(Directory.GetFiles(folder).Where(f => Path.GetExtension(f) is ".crt" or ".key"), file => Assert.EndsWith("-----", File.ReadAllText(file), StringComparison.Ordinal));

        using var authority = CertificateAuthority.OpenOrCreate(folder);
        foreach (var certificate in (X509Certificate2[])[authority.Server("sam"), authority.Client("sam")])
        {
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
            Assert.True(chain.Build(certificate) && certificate.HasPrivateKey);
            certificate.Dispose();
        }

        return !isDone;
    }
}

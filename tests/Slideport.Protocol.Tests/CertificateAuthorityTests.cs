using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Identity;

namespace Slideport.Protocol.Tests;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly string _folder = Path.Join(Path.GetTempPath(), $"slideport-ca-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_authority_is_founded_once_and_found_again()
    {
        using var first = CertificateAuthority.OpenOrCreate(_folder);
        using var again = CertificateAuthority.OpenOrCreate(_folder);

        Assert.Equal(first.Certificate.Thumbprint, again.Certificate.Thumbprint);
    }

    [Fact]
    public void Keys_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows has no file modes");
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        authority.Scanner("SS12042").Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        Assert.All(Directory.GetFiles(_folder, "*.key"), key => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key)));
    }

    [Fact]
    public void A_server_certificate_answers_to_its_hosts_and_is_not_a_client()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        using var server = authority.Server("converter", "sam.lab.example");

        Assert.True(server.HasPrivateKey);
        Assert.True(server.MatchesHostname("sam.lab.example"));
        Assert.True(server.MatchesHostname("localhost"));
        Assert.Equal("1.3.6.1.5.5.7.3.1", Purpose(server));
    }

    [Fact]
    public void A_scanner_is_named_by_its_serial_number()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        using var scanner = authority.Scanner("SS/12042");

        Assert.Contains("SS/12042", scanner.Subject, StringComparison.Ordinal);
        Assert.Equal("1.3.6.1.5.5.7.3.2", Purpose(scanner));
        Assert.All(Directory.GetFiles(_folder), file => Assert.Equal(_folder, Path.GetDirectoryName(file)));
    }

    [Fact]
    public void Many_that_ask_for_the_same_name_at_once_get_the_same_certificate()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        var thumbprints = new string[16];

        Parallel.For(0, thumbprints.Length, i =>
        {
            using var certificate = authority.Client("sam");
            thumbprints[i] = certificate.Thumbprint;
        });

        Assert.Single(thumbprints.Distinct());
    }

    [Fact]
    public void A_certificate_near_its_end_is_renewed()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        using var old = authority.Server("converter");
        using var later = CertificateAuthority.OpenOrCreate(_folder, new FixedTime(new DateTimeOffset(old.NotAfter).AddDays(-59)));

        using var renewed = later.Server("converter");

        Assert.NotEqual(old.Thumbprint, renewed.Thumbprint);
        Assert.True(renewed.NotAfter > old.NotAfter);
    }

    // What a crash between the steps of a renewal leaves: the next key, with its certificate or without.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_renewal_that_was_cut_off_leaves_the_pair_before_or_the_next(bool isCertificateThere)
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        var (certificate, key) = authority.FilesOf("converter");
        using var before = authority.Server("converter");
        var (certificateBefore, keyBefore) = (File.ReadAllText(certificate), File.ReadAllText(key));
        File.Delete(certificate);
        using var next = authority.Server("converter");
        File.Copy(key, Path.Join(_folder, "converter.next.key"));
        File.WriteAllText(key, keyBefore);
        if (!isCertificateThere)
            File.WriteAllText(certificate, certificateBefore);

        using var found = authority.Server("converter");

        Assert.Equal(isCertificateThere ? next.Thumbprint : before.Thumbprint, found.Thumbprint);
        Assert.True(found.HasPrivateKey);
    }

    // An administrator who replaces a pair puts one file after the other.
    [Theory]
    [InlineData("converter.key")]
    [InlineData("converter.crt")]
    public void What_is_no_pair_is_somebodys_and_stays(string replaced)
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        authority.Server("converter").Dispose();
        authority.Server("sam").Dispose();
        var path = Path.Join(_folder, replaced);
        File.Copy(Path.Join(_folder, replaced.Replace("converter", "sam", StringComparison.Ordinal)), path, overwrite: true);
        var his = File.ReadAllText(path);

        var refused = Assert.Throws<IOException>(() => authority.Server("converter"));

        Assert.Contains("are no pair", refused.Message, StringComparison.Ordinal);
        Assert.Equal(his, File.ReadAllText(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_authority_whose_founding_was_cut_off_is_founded_at_the_next_start(bool hasCertificate)
    {
        CertificateAuthority.OpenOrCreate(_folder).Dispose();
        var certificate = File.ReadAllText(Path.Join(_folder, "ca.crt"));
        File.Copy(Path.Join(_folder, "ca.key"), Path.Join(_folder, "ca.next.key"));
        File.Delete(Path.Join(_folder, "ca.key"));
        File.WriteAllText(Path.Join(_folder, "ca.key.new"), "-----BEGIN");
        if (!hasCertificate)
            File.Delete(Path.Join(_folder, "ca.crt"));

        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        using var server = authority.Server("converter");

        Assert.Equal(authority.Certificate.Subject, server.Issuer);
        Assert.Equal(hasCertificate, File.ReadAllText(Path.Join(_folder, "ca.crt")) == certificate);
        Assert.Equal([".lock", "ca.crt", "ca.key", "converter.crt", "converter.key"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_lost_key_is_no_reason_to_found_another_authority_unless_somebody_says_so()
    {
        using (var first = CertificateAuthority.OpenOrCreate(_folder))
            first.Server("sam").Dispose();
        using var lost = X509CertificateLoader.LoadCertificateFromFile(Path.Join(_folder, "sam.crt"));
        File.Delete(Path.Join(_folder, "ca.key"));
        var before = File.ReadAllText(Path.Join(_folder, "ca.crt"));

        var refused = Assert.Throws<IOException>(() => CertificateAuthority.OpenOrCreate(_folder));

        Assert.Contains("Put the identity folder back", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Join(_folder, "ca.crt")));
        using var authority = CertificateAuthority.FoundAnew(_folder);
        using var server = authority.Server("sam");
        Assert.True(authority.HasIssued(server));
        Assert.False(authority.HasIssued(lost));
    }

    [Fact]
    public void Where_nothing_is_lost_nothing_is_founded_anew_and_what_the_site_has_put_there_stays()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        authority.Server("sam").Dispose();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var sites = new CertificateRequest("CN=converter.lab", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(Path.Join(_folder, "converter.crt"), sites.ExportCertificatePem());
        File.WriteAllText(Path.Join(_folder, "converter.key"), key.ExportPkcs8PrivateKeyPem());
        var before = Directory.GetFiles(_folder).Order().Select(File.ReadAllText).ToList();

        CertificateAuthority.FoundAnew(_folder).Dispose();

        Assert.Equal(before, Directory.GetFiles(_folder).Order().Select(File.ReadAllText));
    }

    [Fact]
    public async Task Many_that_come_at_once_meet_one_authority_and_get_one_certificate()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
        {
            using var authority = CertificateAuthority.OpenOrCreate(_folder);
            using var server = authority.Server("sam");
            Assert.True(server.HasPrivateKey && authority.HasIssued(server));
            return (authority.Certificate.Thumbprint, server.Thumbprint);
        }, TestContext.Current.CancellationToken)));

        Assert.Single(all.Distinct());
    }

    [Fact]
    public async Task While_somebody_holds_the_folder_nothing_is_made_in_it()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        Task waiting;
        using (authority.Hold())
        {
            waiting = Task.Run(() => authority.Server("converter").Dispose(), TestContext.Current.CancellationToken);
            Assert.False(File.Exists(Path.Join(_folder, "converter.crt")));
        }

        await waiting;
        Assert.True(File.Exists(Path.Join(_folder, "converter.crt")));
    }

    [Theory]
    [InlineData("converter", "sslserver")]
    [InlineData("scanner-SS1", "sslclient")]
    public async Task OpenSsl_accepts_what_was_issued(string name, string purpose)
    {
        if (!File.Exists("/usr/bin/openssl"))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "openssl is not installed, and CI promises it.");
            Assert.Skip("openssl is not installed (./test installs it)");
        }

        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        authority.Server("converter").Dispose();
        authority.Scanner("SS1").Dispose();
        var start = new ProcessStartInfo("/usr/bin/openssl") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority.CertificatePath, authority.FilesOf(name).Certificate])
            start.ArgumentList.Add(argument);
        using var openssl = Process.Start(start)!;
        var output = await openssl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)
            + await openssl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await openssl.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(openssl.ExitCode == 0, output);
    }

    private static string? Purpose(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value;

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

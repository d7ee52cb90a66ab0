using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Slideport.Protocol.Identity;

namespace Slideport.Tests;

/// <summary>Certificates as whoever installs Slideport meets them: roles on other machines, and the hospital's own.</summary>
public sealed partial class CertificateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_converter_on_another_machine_enrols_with_a_code_and_a_scanner_sends_to_it()
    {
        using var fleet = await Fleet.StartAsync();
        var other = Path.Join(fleet.Folder, "other");
        string[] serve =
        [
            "serve", "--roles", "converter", "--data", other, "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100",
            $"--Converter:Sam=localhost:{fleet.Sam}",
        ];
        var (tooEarly, _, advice) = await SlideportProcess.RunAsync(serve);
        Assert.NotEqual(0, tooEarly);
        Assert.Contains("slideport enrol", advice, StringComparison.Ordinal);
        var code = (await fleet.AdministerAsync("role", "invite", "converter")).Trim().Split('\n')[^1];

        var (exitCode, output, error) = await SlideportProcess.RunAsync("enrol", $"localhost:{fleet.Sam}", "--code", code, "--host", "converter.lab", "--data", other);
        Assert.True(exitCode == 0, output + error);
        using var converter = SlideportProcess.Start(serve);
        try
        {
            var port = await PortAsync(converter);
            await fleet.AdministerAsync("config", "set", "defaults", $"images.port={port}", "--reason", "the other machine");
            var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync(), "--barcode", "S26-1");
            Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
            while (!Directory.Exists(Path.Join(other, "images")) || Directory.GetFiles(Path.Join(other, "images"), "S26-1*.svs").Length == 0)
                await Task.Delay(20, Cancel);
        }
        finally
        {
            converter.Kill();
            await converter.WaitForExitAsync(Cancel);
        }

        Assert.False(File.Exists(Path.Join(other, "identity", "ca.key")));
        Assert.Contains("role:converter", await fleet.AdministerAsync("certificate", "list", "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hospitals_certificate_is_shown_for_its_names_and_replaced_under_way_and_scanners_still_find_the_installation()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-hospital-").FullName;
        try
        {
            var (file, key) = (Path.Join(folder, "site.pem"), Path.Join(folder, "site.key"));
            var first = Write(file, key);
            using var fleet = await Fleet.StartAsync($"--Certificates:Server={file}", $"--Certificates:ServerKey={key}");

            Assert.Equal(first, await ShownAsync(fleet.Sam, "slides.lab"));
            Assert.Equal(first, await ShownAsync(fleet.Converter, "slides.lab"));
            Assert.NotEqual(first, await ShownAsync(fleet.Sam, MachineNames.Sam));
            Assert.NotEqual(first, await ShownAsync(fleet.Converter, MachineNames.Converter));
            var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync(), "--barcode", "S26-2");
            Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);

            var second = Write(file, key);
            Assert.Equal(second, await ShownAsync(fleet.Sam, "slides.lab"));
            Assert.Equal(second, await ShownAsync(fleet.Converter, "slides.lab"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_keeps_serve_from_starting_and_says_why()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-hospital-").FullName;
        try
        {
            var file = Path.Join(folder, "site.pem");
            await File.WriteAllTextAsync(file, "no certificate", Cancel);

            var (exitCode, _, error) = await SlideportProcess.RunAsync("serve", "--data", Path.Join(folder, "data"), $"--Certificates:Server={file}");

            Assert.NotEqual(0, exitCode);
            Assert.Contains(file, error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("ca.key")]
    [InlineData("")]
    public async Task An_authority_that_is_lost_keeps_serve_from_starting_until_its_folder_is_back_or_it_is_given_up(string lost)
    {
        using var fleet = await Fleet.StartAsync();
        var scan = await fleet.ScanAsync("--code", await fleet.AddScannerAsync());
        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        await fleet.StopAsync();
        var (data, path) = (Path.Join(fleet.Folder, "data"), Path.Join(fleet.Folder, "data/identity", lost).TrimEnd('/'));
        var (identity, copy) = (Path.Join(data, "identity"), Path.Join(fleet.Folder, "copy"));
        CopyFiles(identity, copy);
        string[] serve = ["serve", "--roles", "sam", "--data", data, "--Sam:Address=127.0.0.1", "--Sam:Port=0"];

        LoseIt();
        for (var i = 0; i < 2; i++) // nor the second time
        {
            var (exitCode, output, error) = await SlideportProcess.RunAsync(serve);
            Assert.True(exitCode == 3, output + error);
            Assert.Contains("Put the ", error, StringComparison.Ordinal);
            Assert.Contains("slideport certificate abandon", error, StringComparison.Ordinal);
        }

        CopyFiles(copy, identity);
        await StartsAsync(serve);

        LoseIt();
        var (abandoned, given, why) = await SlideportProcess.RunAsync("certificate", "abandon", "--reason", "there is no copy", "--data", data);
        Assert.True(abandoned == 0, given + why);
        Assert.Contains("scanner:SS45001", given, StringComparison.Ordinal);
        await StartsAsync(serve);

        void LoseIt()
        {
            if (lost.Length > 0)
                File.Delete(path);
            else
                Directory.Delete(path, recursive: true);
        }
    }

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Join(to, Path.GetFileName(file)), overwrite: true);
    }

    private static async Task StartsAsync(string[] serve)
    {
        using var sam = SlideportProcess.Start(serve);
        try
        {
            while (await sam.StandardOutput.ReadLineAsync(Cancel) is { } line)
            {
                if (line.Contains("SAM DataServer listens on", StringComparison.Ordinal))
                    return;
            }

            Assert.Fail(await sam.StandardError.ReadToEndAsync(Cancel));
        }
        finally
        {
            sam.Kill();
            await sam.WaitForExitAsync(CancellationToken.None);
        }
    }

    [GeneratedRegex(@"DICOM Converter listens on \S*:(\d+)")]
    private static partial Regex Listening();

    private static async Task<int> PortAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None); // so that it never waits for a reader
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        throw new IOException(await process.StandardError.ReadToEndAsync(Cancel));
    }

    private static string Write(string file, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=site", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("slides.lab");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }

    // What a port shows to who asks for a name; what comes of the handshake is not the question.
    private static async Task<string> ShownAsync(int port, string name)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port, Cancel);
        string? shown = null;
        await using var tls = new SslStream(socket.GetStream(), false, (_, certificate, _, _) =>
        {
            shown = ((X509Certificate2)certificate!).Thumbprint;
            return false; // seen is enough
        });
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name }, Cancel);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
        }

        return shown!;
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Scanner.Slides;

namespace Slideport.Tests;

/// <summary><c>slideport serve</c> as systemd runs it: told to stop while scanners send, and started twice.</summary>
public sealed partial class ServeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-serve-").FullName;

    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited) // the test failed
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Told_to_stop_it_finishes_the_message_under_way_loses_nothing_and_the_next_start_delivers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs SIGTERM");
        VirtualStage.Scan(ScanSource.Generated, Path.Join(_folder, "slide"), new SlideOptions { Size = (2000, 1500) }, Cancel);
        VirtualStage.Scan(ScanSource.Generated, Path.Join(_folder, "load"), new SlideOptions { Size = (1000, 700) }, Cancel);
        var files = Directory.GetFiles(Path.Join(_folder, "slide"));
        var acknowledged = new List<string>();
        var server = Start();
        var port = await PortAsync(server);
        Task<List<string>>[] load;
        await using (var association = await ConnectAsync(port))
        {
            foreach (var file in files.Skip(1))
                await StoreAsync(association, file, acknowledged, pace: null);

            // The last one is held in the middle until the server has stopped listening.
            using var stopping = new SemaphoreSlim(0);
            var inTheMiddle = new TaskCompletionSource();
            var last = StoreAsync(association, files[0], acknowledged, async (_, cancellationToken) =>
            {
                inTheMiddle.TrySetResult();
                await stopping.WaitAsync(cancellationToken);
                stopping.Release();
            });
            await inTheMiddle.Task;
            while (Directory.GetFiles(Path.Join(_folder, "data/spool/in")).Length == 0)
                await Task.Delay(5, Cancel);
            var running = new CountdownEvent(3);
            load = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => SendOverAndOverAsync(port, running), Cancel))];
            await Task.Run(() => running.Wait(Cancel), Cancel);
            Kill(server, "TERM");
            while (await AcceptsAsync(port))
                await Task.Delay(10, Cancel);
            stopping.Release();
            await last;
        }

        foreach (var sent in await Task.WhenAll(load))
            acknowledged.AddRange(sent);
        await server.WaitForExitAsync(Cancel);
        Assert.Equal(0, server.ExitCode);

        Assert.Contains(files[0], acknowledged);
        AssertKept(acknowledged);
        server = Start("--Converter:QuietTime=00:00:00");
        port = await PortAsync(server);
        await using (var association = await ConnectAsync(port)) // the scanner finds out that all is there, and releases
        {
            foreach (var file in files)
                await StoreAsync(association, file, acknowledged, pace: null);
            await association.ReleaseAsync(Cancel);
        }

        while (!Directory.EnumerateFiles(Path.Join(_folder, "data/images"), "*.svs", SearchOption.AllDirectories).Any())
            await Task.Delay(20, Cancel);
        Kill(server, "TERM");
        await server.WaitForExitAsync(Cancel);
        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task Started_twice_the_second_refuses_with_one_sentence_that_says_what_to_do()
    {
        var first = Start();
        await PortAsync(first);

        var (exitCode, _, error) = await SlideportProcess.RunAsync(Arguments());

        Assert.Equal(3, exitCode);
        Assert.Matches("^slideport: The spool '.*' is in use by another Slideport: stop that one, or give this one its own --data folder[.]\n$", error);
        Kill(first, "TERM");
        await first.WaitForExitAsync(Cancel);
    }

    private async Task<List<string>> SendOverAndOverAsync(int port, CountdownEvent running)
    {
        var acknowledged = new List<string>();
        var first = true;
        try
        {
            while (true)
            {
                await using var association = await ConnectAsync(port);
                foreach (var file in Directory.GetFiles(Path.Join(_folder, "load")))
                    await StoreAsync(association, file, acknowledged, pace: null);
                if (first)
                    running.Signal();
                first = false;
            }
        }
        catch (AssociationException)
        {
            return acknowledged;
        }
    }

    private static async Task StoreAsync(
        Association association, string path, List<string> acknowledged, Func<int, CancellationToken, ValueTask>? pace)
    {
        using var file = Part10File.Open(path);
        Assert.Equal(DimseStatus.Success, (await StoreScu.SendAsync(association, file, null, pace, Cancel)).Status);
        acknowledged.Add(path);
    }

    private static Task<Association> ConnectAsync(int port) => Association.ConnectAsync(
        "127.0.0.1",
        port,
        new AssociationRequest
        {
            CallingAETitle = "SCANNER",
            CalledAETitle = "SLIDEPORT",
            Contexts =
            [
                (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.JpegBaseline8Bit),
                (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.ExplicitVrLittleEndian),
            ],
        },
        cancellationToken: Cancel);

    private static async Task<bool> AcceptsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Every data set that was acknowledged is in the spool, byte for byte.
    private void AssertKept(IEnumerable<string> acknowledged)
    {
        var kept = Directory.EnumerateFiles(Path.Join(_folder, "data/spool/ready"), "*.dcm", SearchOption.AllDirectories).Select(Sha256).ToHashSet(StringComparer.Ordinal);
        Assert.All(acknowledged.Distinct().Select(Sha256), hash => Assert.Contains(hash, kept));
    }

    private static string Sha256(string path)
    {
        using var file = Part10File.Open(path);
        return FileHash.Sha256(file.Handle, file.DataSetOffset, Cancel);
    }

    private string[] Arguments(params string[] more) =>
    [
        "serve", "--roles", "converter", "--data", Path.Join(_folder, "data"), "--Converter:Address=127.0.0.1", "--Converter:Port=0", "--Converter:Tls=false",
        "--Converter:RequireClientCertificate=false", "--Converter:SpoolReserveBytes=0", "--Converter:SpoolFullPercent=100", .. more,
    ];

    private Process Start(params string[] more)
    {
        _started.Add(SlideportProcess.Start(Arguments(more)));
        return _started[^1];
    }

    // From the first line without a time in front: "DICOM Converter listens on 127.0.0.1:PORT; …".
    private static async Task<int> PortAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match)
                continue;
            _ = server.StandardOutput.ReadToEndAsync(CancellationToken.None); // what nobody reads would block it
            return int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException($"It did not start: {await server.StandardError.ReadToEndAsync(Cancel)}");
    }

    private static void Kill(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    [GeneratedRegex("^DICOM Converter listens on 127[.]0[.]0[.]1:([0-9]+);")]
    private static partial Regex Listening();
}

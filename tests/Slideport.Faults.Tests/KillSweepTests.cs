using System.Globalization;
using System.Security.Cryptography;
using Slideport.Converter.Spool;
using Slideport.Converter.Tests;
using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;
using Slideport.Slides.Conversion;

namespace Slideport.Faults.Tests;

/// <summary>
/// The converter is killed with SIGKILL at the Nth system call of a kind while a slide travels through it, and started again. Each time: every
/// instance acknowledged before is in the spool byte for byte, nothing partial is visible, and in the end the slide is delivered once.
/// Short by default; SLIDEPORT_LONG=1 sweeps many more points.
/// </summary>
public sealed class KillSweepTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-kill-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("openat")]
    [InlineData("pwrite64")]
    [InlineData("fsync")]
    [InlineData("renameat2")]
    [InlineData("copy_file_range")]
    [InlineData("unlink")]
    [InlineData("sendto")]
    public async Task Killed_at_any_call_nothing_acknowledged_is_lost_and_the_slide_is_delivered_once(string call)
    {
        ServerProcess.RequireStrace();
        var files = TestSlide.Write(Path.Join(_root, "files"));
        // strace counts per thread: up to the busiest thread's last call, each number is met by some thread.
        var last = await CountAsync(call, files);
        Assert.SkipUnless(last > 0, $"{call} is not called while a slide travels");
        var points = Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 60 : 3;

        var killed = 0;
        foreach (var at in Enumerable.Range(0, points).Select(i => 1 + ((last - 1) * i / (points - 1))).Distinct())
            killed += await KillAtAsync(call, at, files) ? 1 : 0;

        TestContext.Current.TestOutputHelper?.WriteLine($"{call}: {points} points from 1 to {last}, the sender was cut off {killed} times");
    }

    [Theory]
    [InlineData("pwrite64")]
    [InlineData("fsync")]
    [InlineData("renameat2")]
    [InlineData("unlink")]
    public async Task Killed_at_any_call_a_slide_is_at_its_further_destination_once_and_whole(string call)
    {
        ServerProcess.RequireStrace();
        var files = TestSlide.Write(Path.Join(_root, "files"));
        var last = await CountAsync(call, files, FaultedServer.Research);
        var points = Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 60 : 3;
        foreach (var at in Enumerable.Range(0, points).Select(i => 1 + ((last - 1) * i / (points - 1))).Distinct())
        {
            var folder = Path.Join(_root, $"research-{call}-{at}");
            Directory.CreateDirectory(Path.Join(folder, FaultedServer.Research));
            await using (var server = await ServerProcess.StartAsync(
                folder, "-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")))
            {
                if (await TrySendAsync(server.Port, files, []))
                    await ServerFolder.SettledAsync(folder, TimeSpan.FromSeconds(3));
            }

            AssertNothingPartial(folder);
            await using (var server = await ServerProcess.StartAsync(folder))
            {
                Assert.True(await TrySendAsync(server.Port, files, []));
                await ServerFolder.SettledAsync(folder, TimeSpan.FromSeconds(30));
            }

            var delivered = Assert.Single(ServerFolder.Visible(folder, FaultedServer.Research));
            Assert.Null(Fidelity.Compare(Path.Join(_root, "files"), delivered, Cancel).Difference);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("renameat2")]
    [InlineData("unlink")]
    [InlineData("rmdir")]
    public async Task Killed_at_any_call_nothing_of_a_slide_leaves_the_spool_before_its_further_destination_has_it(string call)
    {
        ServerProcess.RequireStrace();
        var files = TestSlide.Write(Path.Join(_root, "files"));
        var last = await CountAsync(call, files, FaultedServer.Research, isPurged: true);
        Assert.SkipUnless(last > 0, $"{call} is not called while a slide travels");
        var points = Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 60 : 5;
        // The purge comes last: the points lie close together at the end.
        foreach (var at in Enumerable.Range(0, points).Select(i => Math.Max(1, last - (i * i))).Distinct())
        {
            var folder = Path.Join(_root, $"purge-{call}-{at}");
            Directory.CreateDirectory(Path.Join(folder, FaultedServer.Research));
            await File.WriteAllBytesAsync(Path.Join(folder, FaultedServer.Purge), [], Cancel);
            var acknowledged = new List<string>();
            await using (var server = await ServerProcess.StartAsync(
                folder, "-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")))
            {
                if (await TrySendAsync(server.Port, files, acknowledged))
                    await ServerFolder.PurgedAsync(folder, TimeSpan.FromSeconds(5));
            }

            AssertNothingPartial(folder);
            if (ServerFolder.Done(folder) is [var done])
                Assert.Equal([DestinationState.Verified], done.Destinations.Select(d => d.State));
            else
                AssertKept(folder, acknowledged);
            await using (var server = await ServerProcess.StartAsync(folder))
            {
                Assert.True(await TrySendAsync(server.Port, files, []));
                await ServerFolder.PurgedAsync(folder, TimeSpan.FromSeconds(30));
            }

            Assert.Empty(ServerFolder.Instances(folder));
            Assert.Equal((SlideState.Purged, 1), (Assert.Single(ServerFolder.Done(folder)).State, ServerFolder.Done(folder)[0].Revision));
            foreach (var store in (string[])["images", FaultedServer.Research])
                Assert.Null(Fidelity.Compare(Path.Join(_root, "files"), Assert.Single(ServerFolder.Visible(folder, store)), Cancel).Difference);
            Directory.Delete(folder, recursive: true);
        }
    }

    // One run from start to verified slide; returns whether the process was killed before the sender had finished.
    private async Task<bool> KillAtAsync(string call, int at, IReadOnlyList<string> files)
    {
        var folder = Path.Join(_root, $"{call}-{at}");
        var acknowledged = new List<string>();
        bool killed;
        await using (var server = await ServerProcess.StartAsync(
            folder, "-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={at}")))
        {
            killed = !await TrySendAsync(server.Port, files, acknowledged);
            if (!killed)
                await ServerFolder.VerifiedAsync(folder, TimeSpan.FromSeconds(2));
        }

        AssertKept(folder, acknowledged);
        AssertNothingPartial(folder);
        await using (var server = await ServerProcess.StartAsync(folder))
        {
            AssertKept(folder, acknowledged);
            Assert.True(await TrySendAsync(server.Port, files, []), $"{call} {at}: the restarted server does not take the slide");
            await ServerFolder.VerifiedAsync(folder, TimeSpan.FromSeconds(30));
        }

        var delivered = Assert.Single(ServerFolder.Visible(folder));
        Assert.Null(Fidelity.Compare(Path.Join(_root, "files"), delivered, Cancel).Difference);
        Directory.Delete(folder, recursive: true);
        return killed;
    }

    private async Task<int> CountAsync(string call, IReadOnlyList<string> files, string? destination = null, bool isPurged = false)
    {
        var (folder, log) = (Path.Join(_root, $"count-{files.Count}"), Path.Join(_root, "count.txt"));
        if (destination is not null)
            Directory.CreateDirectory(Path.Join(folder, destination));
        if (isPurged)
            await File.WriteAllBytesAsync(Path.Join(folder, FaultedServer.Purge), [], Cancel);
        await using (var server = await ServerProcess.StartAsync(folder, "-o", log, "-e", $"trace={call}"))
        {
            if (files.Count > 0)
            {
                Assert.True(await TrySendAsync(server.Port, files, []));
                await (isPurged ? ServerFolder.PurgedAsync(folder, TimeSpan.FromSeconds(30)) : destination is null ? ServerFolder.VerifiedAsync(folder, TimeSpan.FromSeconds(30)) : ServerFolder.SettledAsync(folder, TimeSpan.FromSeconds(30)));
            }
        }

        Directory.Delete(folder, recursive: true);
        return File.ReadLines(log).Where(l => l.Contains(call + "(", StringComparison.Ordinal)).CountBy(l => l.Split(' ')[0]).Select(c => c.Value).DefaultIfEmpty().Max();
    }

    private static async Task<bool> TrySendAsync(int? port, IReadOnlyList<string> files, List<string> acknowledged)
    {
        if (port is null)
            return false;
        try
        {
            await using var association = await TestPeer.ConnectAsync(port.Value);
            foreach (var file in files)
            {
                if ((await association.StoreAsync(file)).Status != DimseStatus.Success)
                    return false;
                acknowledged.Add(file);
            }

            var result = await StorageCommitmentScu.RequestAsync(
                association, [.. files.Select(f => new InstanceReference(Uids.VLWholeSlideMicroscopyImageStorage, Read(f).Uid))], Cancel);
            await association.ReleaseAsync(Cancel);
            return result.Failed.Count == 0;
        }
        catch (Exception e) when (e is AssociationException or IOException)
        {
            return false;
        }
    }

    private static void AssertKept(string folder, List<string> acknowledged)
    {
        if (acknowledged.Count == 0)
            return;
        var kept = Directory.EnumerateFiles(Path.Join(folder, "spool/ready"), "*.dcm", SearchOption.AllDirectories).Select(Read).ToDictionary(i => i.Uid, i => i.Sha256);
        foreach (var (uid, sha256) in acknowledged.Select(Read))
            Assert.Equal(sha256, kept.GetValueOrDefault(uid));
    }

    private static void AssertNothingPartial(string folder)
    {
        foreach (var path in ServerFolder.Visible(folder).Concat(ServerFolder.Visible(folder, FaultedServer.Research)))
        {
            using var svs = Slides.Svs.SvsFile.Open(path);
            Assert.NotEmpty(svs.Levels);
        }
    }

    private static (string Uid, string Sha256) Read(string path)
    {
        using var file = Part10File.Open(path);
        var bytes = file.ReadBytes(new FileRange(file.DataSetOffset, RandomAccess.GetLength(file.Handle) - file.DataSetOffset));
        return (file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID)!, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }
}

using Slideport.Converter;
using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Converter.Tests;
using Slideport.Dicom.Services;
using Slideport.Slides.Conversion;

namespace Slideport.Faults.Tests;

/// <summary>
/// A disk that is full, at every step at which that can show: so much room is left that one step more succeeds each time. Bytes and file
/// names run out separately.
/// </summary>
public sealed class FullDiskTests
{
    private const int Block = 4096;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("size=2m")]
    [InlineData("nr_inodes=200")]
    public async Task A_full_spool_refuses_stays_up_loses_nothing_and_accepts_when_there_is_room(string limit)
    {
        var bytes = limit.StartsWith("size", StringComparison.Ordinal);
        for (var left = 0; left < (bytes ? 24 : 12); left++)
        {
            using var disk = SmallDisk.Mount(limit);
            await using var host = new ConverterHost(new ConverterOptions());
            host.Options = host.Options with { SpoolFolder = disk.Folder };
            await host.StartAsync();
            var files = TestSlide.Write(host.At("files"));
            if (bytes)
                disk.Fill((long)left * Block);
            else
                disk.FillNames(left);

            // Twice, and more often than a failed disk is forgiven: a full one is not a failed one.
            var acknowledged = new HashSet<string>(StringComparer.Ordinal);
            foreach (var file in files.Concat(files))
            {
                var outcome = Assert.Single(await TestPeer.SendAsync(host.Port, [file]));
                Assert.True(outcome.Status == DimseStatus.Success || outcome.Status == DimseStatus.OutOfResources, $"{left} left: {outcome}");
                if (outcome.Status == DimseStatus.Success)
                    acknowledged.Add(ConverterHost.UidOf(file));
                Assert.Empty(Directory.GetFiles(Path.Join(disk.Folder, "in")));
            }

            if (left == 0)
                Assert.Empty(acknowledged);
            Assert.Superset(acknowledged, Stored(disk.Folder));
            disk.MakeRoom();

            Assert.Equal(files.Count, (await host.SendAndCommitAsync(files)).Committed.Count);
            await DeliveredAsync(host, Path.GetDirectoryName(files[0])!);
        }
    }

    [Fact]
    public async Task A_large_instance_meets_the_full_spool_before_its_bytes_do()
    {
        using var disk = SmallDisk.Mount("size=6m");
        await using var host = new ConverterHost(new ConverterOptions());
        host.Options = host.Options with { SpoolFolder = disk.Folder };
        await host.StartAsync();
        disk.Fill(5 << 20);
        var large = SmallInstance.Write(host.At("files"), 1, 5 << 20);

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(DimseStatus.OutOfResources, Assert.Single(await TestPeer.SendAsync(host.Port, [large])).Status);
            Assert.Empty(Directory.GetFiles(Path.Join(disk.Folder, "in")));
        }

        Assert.Equal(DimseStatus.Success, Assert.Single(await TestPeer.SendAsync(host.Port, [SmallInstance.Write(host.At("files"), 2)])).Status);
    }

    // Nothing of the slide's progress can be written down from that step on; it goes on when it can again.
    [Theory]
    [InlineData("Receiving to Complete")]
    [InlineData("Complete to Converting")]
    [InlineData("Converting to Delivering")]
    [InlineData("Delivering to Delivered")]
    public async Task A_spool_that_fills_up_while_a_slide_is_on_its_way_delays_it_only(string step)
    {
        using var disk = SmallDisk.Mount("size=2m");
        await using var host = new ConverterHost(new ConverterOptions());
        host.Options = host.Options with { SpoolFolder = disk.Folder };
        var full = false;
        host.Log.Seen = text =>
        {
            if (full || !text.Contains(step, StringComparison.Ordinal))
                return;
            full = true;
            disk.Fill(left: 0);
        };
        await host.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await TestPeer.SendAsync(host.Port, files);

        for (var i = 0; i < 5000 && host.Log.Entries.Count(e => e.Id == 2303) < 4; i++) // "the record cannot be written"
        {
            host.Time.Advance(TimeSpan.FromSeconds(60));
            await Task.Delay(1, Cancel);
        }

        Assert.True(full);
        disk.MakeRoom();
        await DeliveredAsync(host, Path.GetDirectoryName(files[0])!);
        Assert.DoesNotContain(host.Records(), r => r.Strikes > 0);
    }

    [Theory]
    [InlineData("size=512k", OutputFormat.Svs)]
    [InlineData("nr_inodes=100", OutputFormat.Svs)]
    [InlineData("size=512k", OutputFormat.Dicom)]
    [InlineData("nr_inodes=100", OutputFormat.Dicom)]
    public async Task A_full_image_store_shows_nothing_partial_and_the_slide_is_delivered_when_there_is_room(string limit, OutputFormat format)
    {
        var bytes = limit.StartsWith("size", StringComparison.Ordinal);
        for (var left = 0; left < (bytes ? 40 : 5); left += bytes ? 5 : 1)
        {
            using var disk = SmallDisk.Mount(limit);
            await using var host = new ConverterHost(new ConverterOptions { Format = format });
            host.Options = host.Options with { ImageStoreLocation = disk.Folder };
            await host.StartAsync();
            var files = TestSlide.Write(host.At("files"));
            if (bytes)
                disk.Fill((long)left * Block);
            else
                disk.FillNames(left);

            Assert.Empty((await host.SendAndCommitAsync(files)).Failed);
            while (!host.Records().Any(r => r.State == SlideState.Waiting && r.Setbacks >= 3) && !host.Records().Any(r => r.State == SlideState.Verified))
            {
                if (Visible(disk.Folder).Length > 0)
                    AssertWhole(host, Path.GetDirectoryName(files[0])!);
                host.Time.Advance(TimeSpan.FromSeconds(10));
                await Task.Delay(1, Cancel);
            }

            disk.MakeRoom();
            await DeliveredAsync(host, Path.GetDirectoryName(files[0])!);
        }
    }

    [Fact]
    public async Task A_full_destination_keeps_nobody_from_the_others_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount("size=512k");
        await using var host = new ConverterHost(new ConverterOptions());
        host.Options = host.Options with
        {
            Destinations = new Dictionary<string, DestinationOptions>
            {
                ["full"] = new() { Location = disk.Folder, Format = OutputFormat.Dicom },
                ["roomy"] = new() { Location = Directory.CreateDirectory(host.At("roomy")).FullName },
            },
        };
        await host.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        disk.Fill(left: 12 << 10);

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(r => r.Destinations.Any(d => d is { Name: "full", Setbacks: >= 2 }) && r.Destinations.Any(d => d is { Name: "roomy", State: DestinationState.Verified }));
        Assert.Empty(Visible(disk.Folder));

        disk.MakeRoom();
        await host.UntilAsync(r => r.Destinations.All(d => d.State == DestinationState.Verified));
        Assert.Equal(files.Count, Visible(disk.Folder).Length);
    }

    [Fact]
    public async Task A_destination_that_is_away_for_long_never_has_scanners_refused_and_what_it_was_let_go_of_can_be_had_again()
    {
        using var disk = SmallDisk.Mount("size=4m");
        await using var host = new ConverterHost(new ConverterOptions { Format = OutputFormat.Dicom, Retention = TimeSpan.Zero });
        host.Options = host.Options with
        {
            SpoolFolder = disk.Folder,
            SpoolFullPercent = 80,
            DestinationReservePercent = 40,
            Destinations = new Dictionary<string, DestinationOptions> { ["away"] = new() { Location = host.At("away"), FileNameTemplate = "{Barcode}" } },
        };
        await host.StartAsync();
        var count = 0;
        for (; host.Log.Entries.Count(e => e.Id == 2219) < 3; count++)
        {
            Assert.InRange(count, 0, 200);
            var verified = count + 1;
            Assert.Empty((await host.SendAndCommitAsync(TestSlide.Write(host.At($"files-{count}"), $"S-{count}", width: 900, height: 700))).Failed);
            await host.TurnUntilAsync(() => host.Records().DistinctBy(r => r.SeriesInstanceUid).Count(r => r.State is SlideState.Verified or SlideState.Purged) == verified);
        }

        // All were taken and are on the image store; the oldest went, each with an alarm, and only as many as had to.
        await host.TurnUntilAsync(() => SpoolView.ListLetGo(disk.Folder) is var gone && gone.Count > 0 && gone.All(s => s.State == "purged"));
        var letGo = SpoolView.ListLetGo(disk.Folder);
        Assert.Equal(letGo.Count, host.Log.Entries.Count(e => e.Id == 2219));
        Assert.All(letGo, s => Assert.Contains(host.Log.Entries, e => e.Id == 2219 && e.Text.Contains(s.Id, StringComparison.Ordinal) && e.Text.Contains("spool resend", StringComparison.Ordinal)));
        Assert.Equal(count, Directory.GetDirectories(host.Images, "S-*").Length);
        Assert.Equal(
            host.Records().OrderBy(r => r.History[0].At).Take(letGo.Count).Select(r => r.SeriesInstanceUid).Order(StringComparer.Ordinal), letGo.Select(s => s.SeriesInstanceUid).Order(StringComparer.Ordinal));
        Assert.True(SpoolView.List(disk.Folder).Count > letGo.Count);

        Directory.CreateDirectory(host.At("away"));
        await host.TurnUntilAsync(() => SpoolView.List(disk.Folder).Count == 0);
        Assert.Equal(count - letGo.Count, Visible(host.At("away")).Length);
        var first = letGo.Single(s => s.DeliveredAs!.StartsWith("S-0_", StringComparison.Ordinal));
        SpoolView.RequestResend(disk.Folder, first, first.Destinations[0], "Mia");
        await host.TurnUntilAsync(() => Visible(host.At("away")).Length == count - letGo.Count + 1 && SpoolView.List(disk.Folder).Count == 0);

        Assert.Contains(host.Log.Entries, e => e.Id == 2220 && e.Text.Contains("Mia", StringComparison.Ordinal));
        Assert.Equal(letGo.Count - 1, SpoolView.ListLetGo(disk.Folder).Count);
        Assert.Null(Fidelity.Compare(host.At("files-0"), host.At("away/S-0.svs"), Cancel).Difference);
        Assert.Equal(count, Directory.GetDirectories(host.Images, "S-*").Length); // and nothing was delivered twice
    }

    private static async Task DeliveredAsync(ConverterHost host, string source)
    {
        await host.UntilAsync(SlideState.Verified);
        AssertWhole(host, source);
        Assert.Empty(host.Hidden());
    }

    private static void AssertWhole(ConverterHost host, string source)
    {
        var delivered = Visible(host.Images);
        if (host.Options.Format == OutputFormat.Svs)
            Assert.Null(Fidelity.Compare(source, Assert.Single(delivered), Cancel).Difference);
        else
            Assert.Equal(Directory.GetFiles(source).Length, delivered.Length);
    }

    private static string[] Visible(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(p => !Path.GetRelativePath(folder, p).StartsWith('.') && !p.Contains("ballast", StringComparison.Ordinal))];

    private static HashSet<string> Stored(string spool) =>
        [.. Directory.GetFiles(Path.Join(spool, "ready"), "*.dcm", SearchOption.AllDirectories).Select(ConverterHost.UidOf)];
}

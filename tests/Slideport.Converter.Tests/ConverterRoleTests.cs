using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Slides.Svs;

namespace Slideport.Converter.Tests;

/// <summary>From C-STORE to a verified slide in the image store, and everything that can come in between.</summary>
public sealed class ConverterRoleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_committed_slide_becomes_one_verified_SVS()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));

        var commitment = await host.SendAndCommitAsync(files);
        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(files.Count, commitment.Committed.Count);
        Assert.Equal(["S26-0815_20260301_113000.svs"], host.Delivered());
        Assert.Empty(host.Hidden());
        using var svs = SvsFile.Open(Path.Join(host.Images, host.Delivered()[0]));
        Assert.Equal((500, 300), (svs.Levels[0].Width, svs.Levels[0].Height));
        Assert.Equal(files.Select(ConverterHost.UidOf).Order(StringComparer.Ordinal), record.Manifest!.Instances.Select(i => i.SopInstanceUid));
        Assert.Equal(
            [SlideState.Receiving, SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified],
            record.History.Select(t => t.State));
    }

    [Fact]
    public async Task Without_commitment_a_whole_slide_is_delivered_after_release_and_quiet_time()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { QuietTime = TimeSpan.FromSeconds(30) });
        var sent = host.Time.GetUtcNow();
        await TestPeer.SendAsync(host.Port, TestSlide.Write(host.At("files")));

        var record = await host.UntilAsync(SlideState.Verified);

        Assert.True(record.History.Single(t => t.State == SlideState.Complete).At - sent >= TimeSpan.FromSeconds(30));
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task Any_order_over_several_associations_gives_the_same_slide()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"), maxFramesPerInstance: 7).Reverse().ToArray();

        await Task.WhenAll(files.Chunk(3).Select(chunk => Task.Run(() => TestPeer.SendAsync(host.Port, chunk), Cancel)));
        await host.UntilAsync(SlideState.Verified);

        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task Slides_whose_instances_come_mixed_on_one_association_are_delivered_each()
    {
        await using var host = await ConverterHost.StartAsync();
        var (one, two) = (TestSlide.Write(host.At("one"), "A-1"), TestSlide.Write(host.At("two"), "A-2", width: 400));

        Assert.Empty((await host.SendAndCommitAsync([.. one.Zip(two).SelectMany(p => new[] { p.First, p.Second })])).Failed);
        await UntilAsync(host, () => host.Records().Count(r => r.State == SlideState.Verified) == 2);

        Assert.Equal(["A-1_20260301_113000.svs", "A-2_20260301_113000.svs"], host.Delivered());
    }

    // What fails is the log, which nobody foresees: a stand-in for any bug that one slide brings to light.
    [Fact]
    public async Task A_slide_whose_conversion_fails_three_times_is_set_aside_with_the_reason_and_others_go_on()
    {
        await using var host = await ConverterHost.StartAsync();
        var (bad, good) = (TestSlide.Write(host.At("bad"), "BAD"), TestSlide.Write(host.At("good"), "GOOD", width: 400));
        var series = SeriesOf(bad[0]);
        var attempts = 0;
        host.Log.Seen = text =>
        {
            if (text.Contains(series, StringComparison.Ordinal) && text.Contains("Complete to Converting", StringComparison.Ordinal))
                throw new InvalidOperationException($"poisoned, attempt {++attempts}");
        };

        Assert.Empty((await host.SendAndCommitAsync(bad)).Failed);
        Assert.Empty((await host.SendAndCommitAsync(good)).Failed);
        await UntilAsync(host, () => host.Records() is [_, _] records && records.All(r => r.State is SlideState.Failed or SlideState.Verified));

        Assert.Equal("Three attempts failed, the last with: poisoned, attempt 3", host.Records().Single(r => r.SeriesInstanceUid == series).Reason);
        Assert.Equal(["GOOD_20260301_113000.svs"], host.Delivered());
        Assert.Empty(host.Hidden());
        Assert.Equal(bad.Count + good.Count, Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task A_slide_that_is_not_whole_waits_and_says_what_is_missing()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"), maxFramesPerInstance: 7);
        await TestPeer.SendAsync(host.Port, files.Skip(1));

        var waiting = await host.UntilAsync(SlideState.Waiting);

        Assert.Contains("not whole", waiting.Reason, StringComparison.Ordinal);
        Assert.Empty(host.Delivered());

        await TestPeer.SendAsync(host.Port, files.Take(1));
        await host.UntilAsync(SlideState.Verified);
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task A_broken_association_leaves_the_slide_waiting_until_it_is_sent_again()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            foreach (var file in files)
                await association.StoreAsync(file);
            await association.AbortAsync();
        }

        Assert.Contains("broke off", (await host.UntilAsync(SlideState.Waiting)).Reason, StringComparison.Ordinal);

        Assert.Equal(files.Count, (await host.SendAndCommitAsync(files)).Committed.Count);
        await host.UntilAsync(SlideState.Verified);
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task Commitment_names_what_is_unknown_and_completes_nothing_then()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await using var association = await TestPeer.ConnectAsync(host.Port);
        foreach (var file in files.Skip(1))
            await association.StoreAsync(file);

        var result = await ConverterHost.CommitAsync(association, files);

        var failed = Assert.Single(result.Failed);
        Assert.Equal((ConverterHost.UidOf(files[0]), DimseStatus.NoSuchSopInstance), (failed.Instance.SopInstanceUid, failed.Reason));
        Assert.Equal(files.Count - 1, result.Committed.Count);
        Assert.Equal(SlideState.Receiving, Assert.Single(host.Records()).State);
    }

    [Fact]
    public async Task A_rotten_instance_is_not_committed_and_never_delivered()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await TestPeer.SendAsync(host.Port, files);
        await host.StopAsync();
        Tests.Spool.SlideSpoolTests.FlipLastByte(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories)[0]);
        await host.StartAsync();

        var waiting = await host.UntilAsync(SlideState.Waiting);
        Assert.Contains("damaged in the spool", waiting.Reason, StringComparison.Ordinal);
        Assert.Empty(host.Delivered());
        Assert.Contains(host.Log.Entries, e => e.Id == 2301);

        Assert.Empty((await host.SendAndCommitAsync(files)).Failed);
        await host.UntilAsync(SlideState.Verified);
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task An_instance_that_rots_while_the_store_is_away_is_never_delivered()
    {
        await using var host = await ConverterHost.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("first"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        Assert.True(DurableFile.TryRename(Path.Join(host.Images, ".slideport-store.json"), host.At("away")));
        var files = TestSlide.Write(host.At("second"), "A-2");
        await host.SendAndCommitAsync(files);
        while (!host.Records().Any(r => r is { State: SlideState.Waiting, Setbacks: > 0 }))
            await Task.Delay(10, Cancel);

        var slide = Array.Find(Directory.GetFiles(host.Options.SpoolFolder, "slide.json", SearchOption.AllDirectories), p => File.ReadAllText(p).Contains("\"Waiting\"", StringComparison.Ordinal))!;
        Tests.Spool.SlideSpoolTests.FlipLastByte(Directory.GetFiles(Path.GetDirectoryName(slide)!, "*.dcm")[0]);
        Assert.True(DurableFile.TryRename(host.At("away"), Path.Join(host.Images, ".slideport-store.json")));
        while (!host.Records().Any(r => r.Reason.Contains("damaged in the spool", StringComparison.Ordinal)))
        {
            host.Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10, Cancel);
        }

        Assert.Single(host.Delivered());
        await host.SendAndCommitAsync(files);
        while (host.Delivered().Length < 2)
            await Task.Delay(10, Cancel);
    }

    [Fact]
    public async Task A_store_that_alters_an_instance_on_its_way_publishes_nothing()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.Dicom });
        var files = TestSlide.Write(host.At("files"));
        await TestPeer.SendAsync(host.Port, files.Take(2));
        string[] written = [];
        while (!Directory.Exists(host.Images) || (written = [.. Directory.GetDirectories(host.Images, ".slideport-*").SelectMany(d => Directory.GetFiles(d))]).Length < 2)
            await Task.Delay(10, Cancel);
        Tests.Spool.SlideSpoolTests.FlipLastByte(written[0]);

        await host.SendAndCommitAsync(files);
        var failed = await host.UntilAsync(SlideState.Failed);

        Assert.Contains("is not what was received", failed.Reason, StringComparison.Ordinal);
        Assert.Empty(host.Delivered());
    }

    [Fact]
    public async Task A_slide_is_delivered_in_TILED_FULL_where_that_is_asked_for()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.DicomTiledFull });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files"), maxFramesPerInstance: 7));

        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(3, host.Delivered().Length); // two levels, and the label
        Assert.Empty(host.Hidden());
        var folder = Path.Join(host.Images, record.Manifest!.Path);
        Assert.Null(Slideport.Slides.Conversion.Fidelity.Compare(Path.Join(host.At("files")), folder, Cancel).Difference);
    }

    [Fact]
    public async Task A_scanner_that_broke_off_after_its_last_instance_and_never_comes_back_has_its_slide_delivered_all_the_same()
    {
        await using var host = await ConverterHost.StartAsync();
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            foreach (var file in TestSlide.Write(host.At("files")))
                await association.StoreAsync(file);
            await association.AbortAsync();
        }

        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Contains(record.History, t => t.State == SlideState.Waiting);
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task A_slide_that_waits_leaves_nothing_half_written_in_the_store()
    {
        await using var host = await ConverterHost.StartAsync();
        await TestPeer.SendAsync(host.Port, TestSlide.Write(host.At("files"), maxFramesPerInstance: 10).Skip(1));
        await host.UntilAsync(SlideState.Waiting);
        Assert.Empty(host.Hidden());
        var record = host.Records()[0];
        File.WriteAllText(Path.Join(host.Images, $".slideport-{record.DeliveryKey}.part"), "left by an earlier process");
        File.WriteAllText(Path.Join(host.Images, ".slideport-somebodyelse.part"), "not ours");

        await host.RestartAsync();
        while (host.Hidden().Length > 1)
            await Task.Delay(10, Cancel);

        Assert.Equal([".slideport-somebodyelse.part"], host.Hidden());
    }

    [Fact]
    public async Task While_the_spools_disk_is_too_full_scanners_are_asked_to_come_again()
    {
        await using var host = new ConverterHost(new ConverterOptions());
        host.Options = host.Options with { SpoolFullPercent = 1 };
        await host.StartAsync();

        var refused = await Assert.ThrowsAsync<AssociationException>(() => TestPeer.ConnectAsync(host.Port));

        Assert.Equal((AssociationFault.Rejected, false), (refused.Fault, refused.IsPermanent));
        Assert.Contains("local limit exceeded", refused.Message, StringComparison.Ordinal);
        Assert.Contains(host.Log.Lines, line => line.Contains("% full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sending_a_delivered_slide_again_delivers_nothing_more()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);

        Assert.Equal(files.Count, (await host.SendAndCommitAsync(files)).Committed.Count);
        await host.UntilAsync(SlideState.Verified);

        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task An_instance_after_delivery_makes_a_second_revision_beside_the_first()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync([.. files.SkipLast(1)]);
        await host.UntilAsync(SlideState.Verified);

        await TestPeer.SendAsync(host.Port, files.TakeLast(1));
        var second = await host.UntilAsync(SlideState.Verified, revision: 2);

        Assert.Equal(2, host.Delivered().Length);
        Assert.Single(second.Earlier);
        Assert.NotEqual(second.Earlier[0].Path, second.Manifest!.Path);
    }

    [Fact]
    public async Task A_conflicting_instance_is_reported_and_the_slide_goes_on_with_the_first()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        var before = File.ReadAllBytes(files[0]);
        await TestPeer.SendAsync(host.Port, files);
        var changed = (byte[])before.Clone();
        changed[^20] ^= 1;
        File.WriteAllBytes(files[0], changed);

        var outcome = Assert.Single(await TestPeer.SendAsync(host.Port, files.Take(1)));
        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(DimseStatus.DuplicateSopInstance, outcome.Status);
        Assert.Contains(record.History, t => t.State == SlideState.Conflict);
        Assert.Contains(host.Log.Entries, e => e.Id == 2010);
    }

    [Fact]
    public async Task Somebody_elses_file_under_the_name_is_never_touched()
    {
        await using var host = await ConverterHost.StartAsync();
        Directory.CreateDirectory(host.Images);
        File.WriteAllText(Path.Join(host.Images, "S26-0815_20260301_113000.svs"), "somebody's");

        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.UntilAsync(SlideState.Verified);

        Assert.Equal(["S26-0815_20260301_113000.svs", "S26-0815_20260301_113000_2.svs"], host.Delivered());
        Assert.Equal("somebody's", File.ReadAllText(Path.Join(host.Images, "S26-0815_20260301_113000.svs")));
    }

    [Fact]
    public async Task Two_slides_with_the_same_barcode_are_both_kept()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { FileNameTemplate = "{Barcode}" });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        await host.SendAndCommitAsync(TestSlide.Write(host.At("two"), "A-1", width: 400));

        while (host.Records().Count(r => r.State == SlideState.Verified) < 2)
            await Task.Delay(10, Cancel);

        Assert.Equal(["A-1.svs", "A-1_2.svs"], host.Delivered());
    }

    [Fact]
    public async Task Raw_DICOM_is_delivered_as_a_folder_with_every_byte()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.Dicom, FileNameTemplate = "{Scanner}/{Barcode}" });
        var files = TestSlide.Write(host.At("files"));

        await host.SendAndCommitAsync(files);
        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(files.Select(f => $"SS12345/S26-0815/{ConverterHost.UidOf(f)}.dcm").Order(StringComparer.Ordinal), host.Delivered());
        foreach (var instance in record.Manifest!.Instances)
        {
            var bytes = File.ReadAllBytes(Path.Join(host.Images, "SS12345/S26-0815", instance.SopInstanceUid + ".dcm"));
            Assert.Equal(instance.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.AsSpan()[^(int)instance.DataSetBytes..])));
        }
    }

    [Fact]
    public async Task The_spool_lets_a_slide_go_only_after_verification_and_retention()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Retention = TimeSpan.FromHours(1) });
        var files = TestSlide.Write(host.At("files"));
        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        Assert.NotEmpty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));

        host.Time.Advance(TimeSpan.FromHours(1));
        await host.UntilAsync(SlideState.Purged);

        Assert.Empty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));
        Assert.Single(host.Delivered());
        Assert.All(await TestPeer.SendAsync(host.Port, files), o => Assert.Equal(DimseStatus.Success, o.Status)); // known from its record
        Assert.Empty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_image_store_that_is_away_makes_slides_wait_and_receives_them_when_it_is_back()
    {
        await using var host = await ConverterHost.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        Directory.Move(host.Images, host.Images + ".away");
        Directory.CreateDirectory(host.Images); // the empty mount point

        var files = TestSlide.Write(host.At("two"), "A-2");
        Assert.Equal(files.Count, (await host.SendAndCommitAsync(files)).Committed.Count);
        while (!host.Records().Any(r => r.State == SlideState.Waiting && r.Setbacks > 1))
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Cancel);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(host.Images));
        Directory.Delete(host.Images);
        Directory.Move(host.Images + ".away", host.Images);
        while (host.Records().Count(r => r.State == SlideState.Verified) < 2)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Cancel);
        }

        Assert.Equal(2, host.Delivered().Length);
    }

    [Fact]
    public async Task Restarting_at_any_moment_delivers_each_slide_once()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("files"));
        foreach (var file in files)
        {
            await TestPeer.SendAsync(host.Port, [file]);
            await host.RestartAsync();
        }

        await host.UntilAsync(SlideState.Verified);
        await host.RestartAsync();

        await host.UntilAsync(SlideState.Verified);
        Assert.Single(host.Delivered());
    }

    [Fact]
    public async Task A_second_converter_on_the_same_spool_refuses_to_start()
    {
        await using var host = await ConverterHost.StartAsync();
        var second = new ConverterRole(host.Options, null, null, TimeProvider.System, host.Log);

        var refused = await Assert.ThrowsAnyAsync<IOException>(() => second.StartAsync(Cancel));
        Assert.Contains("in use by another Slideport", refused.Message, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(ConverterHost host, Func<bool> holds)
    {
        while (!holds())
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Cancel);
        }
    }

    private static string SeriesOf(string path)
    {
        using var file = Slideport.Dicom.Part10.Part10File.Open(path);
        return file.DataSet.GetString(Slideport.Dicom.Dictionary.Tags.SeriesInstanceUID)!;
    }

    [Fact]
    public async Task A_barcode_never_steers_where_a_slide_goes()
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { FileNameTemplate = "{Barcode}" });

        await host.SendAndCommitAsync(TestSlide.Write(host.At("files"), "../../{Date}/CON:x"));
        await host.UntilAsync(SlideState.Verified);

        var name = Assert.Single(host.Delivered());
        Assert.DoesNotContain('/', name);
        Assert.Equal(["files", "images", "spool"], Directory.GetFileSystemEntries(host.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}

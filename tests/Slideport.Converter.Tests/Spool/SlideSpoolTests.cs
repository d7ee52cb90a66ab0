using Slideport.Converter.Completion;
using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Converter.Tests.Spool;

/// <summary>Committing an instance: repeated, conflicting, late, rotten.</summary>
public sealed class SlideSpoolTests : IDisposable
{
    private readonly SpoolFixture _spool = new();

    public void Dispose() => _spool.Dispose();

    [Fact]
    public async Task An_instance_lies_under_its_name_with_its_receipt_and_a_record()
    {
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));

        var receipt = Assert.Single(_spool.Slide.Receipts());
        Assert.Equal(receipt, Receipt.TryRead(_spool.Slide.ReceiptPathOf(receipt)));
        Assert.Equal(receipt.Sha256, FileHash.Sha256(_spool.Slide.PathOf(receipt), receipt.DataSetOffset, TestContext.Current.CancellationToken));
        Assert.Equal(SlideState.Receiving, SlideRecord.TryRead(_spool.Slide.RecordPath)!.State);
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    [Fact]
    public async Task The_same_bytes_again_are_kept_once()
    {
        await _spool.CommitAsync("1.9");

        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));
        Assert.Single(_spool.Slide.Receipts());
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    [Fact]
    public async Task The_same_bytes_twenty_times_at_once_are_kept_once()
    {
        var parts = Enumerable.Range(0, 20).Select(_ => _spool.Part("1.9")).ToArray();

        var outcomes = await Task.WhenAll(parts.Select(p => Task.Run(
            async () => await _spool.Spool.CommitAsync(p.Path, p.Receipt, _ => { }, TestContext.Current.CancellationToken))));

        Assert.Single(outcomes, CommitOutcome.Stored);
        Assert.Equal(19, outcomes.Count(o => o == CommitOutcome.Identical));
        Assert.Single(Directory.GetFiles(_spool.Slide.Folder, "*.dcm"));
    }

    [Fact]
    public async Task Other_bytes_under_a_known_UID_are_kept_beside_and_the_first_counts()
    {
        await _spool.CommitAsync("1.9", "first");
        var first = _spool.Slide.Find("1.9");

        Assert.Equal(CommitOutcome.Conflicting, await _spool.CommitAsync("1.9", "second"));
        Assert.Equal(CommitOutcome.Conflicting, await _spool.CommitAsync("1.9", "second"));

        Assert.Equal(first, _spool.Slide.Find("1.9"));
        Assert.Equal(SlideState.Conflict, _spool.Slide.Record!.State);
        var conflict = Assert.Single(_spool.Slide.Record.Conflicts);
        Assert.True(File.Exists(Path.Join(_spool.Root, conflict.File)));
    }

    [Fact]
    public async Task The_same_UID_from_two_scanners_makes_two_slides()
    {
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9", "one", "cert:AA"));
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9", "two", "cert:BB"));

        Assert.Equal(2, _spool.Spool.Slides.Count());
        Assert.All(_spool.Spool.Slides, s => Assert.Single(s.Receipts()));
    }

    [Fact]
    public async Task A_rotten_instance_is_replaced_by_a_resend_and_kept_in_quarantine()
    {
        await _spool.CommitAsync("1.9");
        var path = _spool.Slide.PathOf(_spool.Slide.Find("1.9")!);
        FlipLastByte(path);

        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));

        var receipt = _spool.Slide.Find("1.9")!;
        Assert.Equal(receipt.Sha256, FileHash.Sha256(path, receipt.DataSetOffset, TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "*.dcm"));
    }

    [Fact]
    public async Task An_instance_after_delivery_begins_the_next_revision()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered);

        await _spool.CommitAsync("1.10");

        var record = _spool.Slide.Record!;
        Assert.Equal((SlideState.Receiving, 2), (record.State, record.Revision));
        Assert.Equal("a.svs", Assert.Single(record.Earlier).Path);
        Assert.Null(record.Manifest);
    }

    [Fact]
    public async Task A_resend_after_delivery_changes_nothing()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        var record = _spool.Slide.Record;

        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));

        Assert.Same(record, _spool.Slide.Record);
    }

    [Fact]
    public async Task A_published_slide_whose_copy_rotted_unseen_is_healed_by_a_resend_and_not_delivered_again()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        var receipt = _spool.Slide.Receipts()[0];
        FlipLastByte(_spool.Slide.PathOf(receipt));

        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));

        Assert.Equal((SlideState.Verified, 1), (_spool.Slide.Record!.State, _spool.Slide.Record.Revision));
        Assert.Empty(_spool.Slide.Record.Lost);
        Assert.True(_spool.Slide.IsIntact(_spool.Slide.Receipts()[0]));
        Assert.Contains(_spool.Log.Entries, e => e.Id == 2301);
    }

    [Fact]
    public async Task An_instance_on_a_bad_sector_is_replaced_by_a_resend()
    {
        await _spool.CommitAsync("1.9");
        var path = _spool.Slide.PathOf(_spool.Slide.Receipts()[0]);
        File.Delete(path);
        File.CreateSymbolicLink(path, "/proc/self/mem"); // reading it fails with EIO, as a bad sector does

        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));

        Assert.True(_spool.Slide.IsIntact(_spool.Slide.Receipts()[0]));
    }

    [Fact]
    public async Task An_instance_that_waits_while_its_slide_is_purged_begins_a_slide_that_is_known()
    {
        await _spool.CommitAsync("1.9");
        var purged = _spool.Slide;
        await purged.Gate.WaitAsync(TestContext.Current.CancellationToken);
        var committing = _spool.CommitAsync("1.10");
        _spool.Spool.Forget(purged);
        purged.Gate.Release();

        Assert.Equal(CommitOutcome.Stored, await committing);

        Assert.NotSame(purged, _spool.Slide);
        Assert.NotNull(_spool.Slide.Find("1.10"));
    }

    [Fact]
    public async Task A_purged_slide_takes_what_is_sent_again_once_something_new_has_come()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified, SlideState.Purged);
        File.Delete(_spool.Slide.PathOf(_spool.Slide.Receipts()[0]));
        File.Delete(_spool.Slide.ReceiptPathOf(_spool.Slide.Receipts()[0]));
        _spool.Slide.Remove("1.9");

        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.10"));
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));

        Assert.Equal((2, 2), (_spool.Slide.Record!.Revision, _spool.Slide.Count));
    }

    [Fact]
    public async Task A_scanner_that_uses_a_UID_in_two_series_is_told_and_both_instances_are_kept()
    {
        await _spool.CommitAsync("1.9");

        Assert.Equal(CommitOutcome.Conflicting, await _spool.CommitAsync("1.9", series: "1.2.3.5"));

        Assert.Single(_spool.Slide.Record!.Conflicts);
        Assert.Single(Directory.GetFiles(_spool.Folder.Conflict, "*.dcm", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Two_scanners_that_use_the_same_UIDs_keep_their_slides_and_somebody_is_told()
    {
        await _spool.CommitAsync("1.9");

        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9", "others", scanner: "cert:BB"));

        Assert.Contains(_spool.Log.Entries, e => e.Id == 2307);
    }

    [Fact]
    public async Task A_scanner_that_never_sends_the_same_twice_does_not_fill_the_disk_with_conflicts()
    {
        for (var i = 0; i < 120; i++)
            await _spool.CommitAsync("1.9", $"version {i}");

        Assert.Equal(100, Directory.GetFiles(_spool.Folder.Conflict, "*.dcm", SearchOption.AllDirectories).Length);
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    [Fact]
    public async Task A_manifest_is_held_against_what_is_here_until_more_is_here_than_it_names()
    {
        await _spool.CommitAsync("1.9");
        var slide = _spool.Slide;
        ImageInstance Named(string uid, string sha256) => new(uid, sha256, 1);
        var hash = slide.Receipts()[0].Sha256;

        Assert.Null(slide.HoldAgainstManifest());
        slide.Manifest = [Named("1.9", hash)];
        Assert.Equal(new ManifestFacts(null), slide.HoldAgainstManifest());
        slide.Manifest = [Named("1.9", hash), Named("1.10", hash)];
        Assert.Contains("1 have not come, the first is 1.10", slide.HoldAgainstManifest()!.Value.Unfulfilled, StringComparison.Ordinal);
        slide.Manifest = [Named("1.9", new string('0', 64))];
        Assert.Contains("SHA-256 differs", slide.HoldAgainstManifest()!.Value.Unfulfilled, StringComparison.Ordinal);
        slide.Manifest = [Named("1.10", hash)];
        Assert.Null(slide.HoldAgainstManifest());
    }

    [Fact]
    public async Task A_delivery_that_may_have_been_published_is_looked_at_before_anything_is_made_again()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering);
        SlideSpool.Save(_spool.Slide, _spool.Slide.Record! with { Manifest = _spool.Slide.Record.Manifest! with { Sha256 = new string('1', 64) } });

        await new Attempts(_spool.Spool, _spool.Time, _spool.Log).SpoolFailedAsync(_spool.Slide, new IOException("The disk is full."));

        Assert.Equal((SlideState.Delivering, 1), (_spool.Slide.Record.State, _spool.Slide.Record.Setbacks));
        Assert.True(_spool.Slide.Record.NotBefore > _spool.Time.GetUtcNow());
    }

    [Fact]
    public async Task A_commit_that_cannot_be_written_stores_nothing_and_leaves_the_part()
    {
        var (path, receipt) = _spool.Part("1.9");
        Directory.CreateDirectory(Path.GetDirectoryName(_spool.Slide.Folder)!);
        File.WriteAllText(_spool.Slide.Folder, "a file where the folder should be");

        await Assert.ThrowsAnyAsync<IOException>(async () => await _spool.Spool.CommitAsync(path, receipt, _ => { }, TestContext.Current.CancellationToken));

        Assert.Empty(_spool.Slide.Receipts());
        Assert.True(File.Exists(path));
    }

    internal static void FlipLastByte(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var last = new byte[1];
        var offset = RandomAccess.GetLength(file) - 1;
        Assert.Equal(1, RandomAccess.Read(file, last, offset));
        last[0] ^= 1;
        RandomAccess.Write(file, last, offset);
    }
}

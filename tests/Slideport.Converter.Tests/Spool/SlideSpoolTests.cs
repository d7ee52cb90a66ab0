using Slideport.Converter.Spool;
using Slideport.Files;

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
            async () => await _spool.Spool.CommitAsync(_spool.Slide, p.Path, p.Receipt, TestContext.Current.CancellationToken))));

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
    public async Task A_commit_that_cannot_be_written_stores_nothing_and_leaves_the_part()
    {
        var (path, receipt) = _spool.Part("1.9");
        Directory.CreateDirectory(Path.GetDirectoryName(_spool.Slide.Folder)!);
        File.WriteAllText(_spool.Slide.Folder, "a file where the folder should be");

        await Assert.ThrowsAnyAsync<IOException>(async () => await _spool.Spool.CommitAsync(_spool.Slide, path, receipt, TestContext.Current.CancellationToken));

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

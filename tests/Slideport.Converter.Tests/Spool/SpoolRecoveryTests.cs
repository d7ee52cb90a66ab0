using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Files;

namespace Slideport.Converter.Tests.Spool;

/// <summary>Starting again on whatever a crash left: the spool is the only state, and enough.</summary>
public sealed class SpoolRecoveryTests : IDisposable
{
    private readonly SpoolFixture _spool = new();

    public void Dispose() => _spool.Dispose();

    [Fact]
    public async Task Slides_come_back_with_their_instances_and_states()
    {
        await _spool.CommitAsync("1.9");
        await _spool.CommitAsync("1.10");
        _spool.Walk(SlideState.Complete);

        _spool.Restart();

        Assert.Equal(["1.10", "1.9"], _spool.Slide.Receipts().Select(r => r.SopInstanceUid));
        Assert.Equal(SlideState.Complete, _spool.Slide.Record!.State);
    }

    [Fact]
    public void A_second_process_on_the_same_spool_is_refused_with_what_to_do()
    {
        var refused = Assert.Throws<SpoolException>(() => SpoolFolder.Open(_spool.Root));
        Assert.Contains("in use by another Slideport", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_lost_but_the_instances_is_made_again_from_them()
    {
        await _spool.CommitAsync("1.9");
        await _spool.CommitAsync("1.10");
        var before = _spool.Slide.Receipts();
        foreach (var json in Directory.GetFiles(_spool.Slide.Folder, "*.json"))
            File.Delete(json);

        _spool.Restart();

        var after = _spool.Slide.Receipts();
        Assert.Equal(before.Select(r => (r.SopInstanceUid, r.Sha256, r.Scanner, r.DataSetOffset, r.DataSetBytes)), after.Select(r => (r.SopInstanceUid, r.Sha256, r.Scanner, r.DataSetOffset, r.DataSetBytes)));
        Assert.Equal(SlideState.Receiving, _spool.Slide.Record!.State);
        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));
    }

    [Fact]
    public async Task What_is_lost_of_a_slide_that_was_taken_back_is_not_taken_for_an_interrupted_purge()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        var purged = _spool.Slide.Record!.Step(SlideState.Purged, _spool.Time.GetUtcNow(), "test");
        var key = _spool.Slide.Key;
        _spool.Spool.Forget(_spool.Slide);
        Directory.Delete(_spool.Folder.SlideFolder(key), recursive: true);
        DurableFile.CreateDirectory(Path.GetDirectoryName(_spool.Folder.DonePath(key))!);
        File.WriteAllBytes(_spool.Folder.DonePath(key), purged.ToBytes());

        var (part, receipt) = _spool.Part("1.9");
        Assert.True(await _spool.Spool.TakeBackAsync(purged.Step(SlideState.Verified, _spool.Time.GetUtcNow(), "test"), [(part, receipt)], TestContext.Current.CancellationToken));
        Assert.False(await _spool.Spool.TakeBackAsync(purged, [], TestContext.Current.CancellationToken)); // it is here
        Assert.Equal(SlideState.Verified, _spool.Slide.Record!.State);
        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));

        // A crash just before the old record went.
        Assert.False(File.Exists(_spool.Folder.DonePath(key)));
        File.WriteAllBytes(_spool.Folder.DonePath(key), purged.ToBytes());
        File.Delete(_spool.Slide.PathOf(receipt));
        _spool.Restart();

        Assert.Equal(["1.9"], _spool.Slide.Record!.Lost);
        Assert.Contains(_spool.Log.Entries, e => e.Id == 2301);
    }

    // As Slideport wrote them once, word for word: 1 knew no locations, 2 no further destinations, 3 none that was let go of.
    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "\"location\": \"/mnt/lab\",")]
    [InlineData(3, "\"location\": \"/mnt/lab\",")]
    public async Task A_record_of_an_older_version_is_read_and_goes_on(int schema, string location)
    {
        await _spool.CommitAsync("1.9");
        var receipt = Assert.Single(_spool.Slide.Receipts());
        var destinations = schema < 3 ? "" : """ "destinations": [{"name": "research", "state": "Waiting", "since": "2026-02-28T10:00:02+00:00", "reason": "It is down.", "strikes": 0, "setbacks": 2}], """;
        File.WriteAllText(_spool.Slide.RecordPath, $$"""
            {
              "schema": {{schema}},
              "scanner": "cert:AA",
              "studyInstanceUid": "1.2.3",
              "seriesInstanceUid": "1.2.3.4",
              "revision": 1,
              "state": "Verified",
              "since": "2026-02-28T10:00:00+00:00",
              "reason": "'a.svs' was read back and is what was sent.",
              "steps": 5,
              "strikes": 0,
              "setbacks": 0,
              "senderFinished": true,
              "committed": true,
              "mayRepeat": false,
              "manifest": {
                "instances": [{"sopInstanceUid": "1.9", "sha256": "{{receipt.Sha256}}", "dataSetBytes": {{receipt.DataSetBytes}}}],
                {{location}}
                "path": "a.svs",
                "name": "a",
                "extension": ".svs",
                "attempt": 1,
                "sha256": "{{new string('0', 64)}}",
                "bytes": 1000,
                "notes": []
              },
              {{destinations}}
              "earlier": [],
              "conflicts": [],
              "lost": [],
              "history": [{"state": "Receiving", "at": "2026-02-28T09:59:00+00:00", "reason": "The first instance came."}]
            }
            """);

        _spool.Restart();

        var record = _spool.Slide.Record!;
        Assert.Equal((SlideState.Verified, 5L, 1, "a.svs"), (record.State, record.Steps, record.Revision, record.Manifest!.Path));
        Assert.Equal(schema == 1 ? null : "/mnt/lab", record.Manifest.Location);
        Assert.Equal(schema < 3 ? [] : ["research"], record.Destinations.Select(d => d.Name));
        Assert.All(record.Destinations, d => Assert.Equal((DestinationState.Waiting, 2, 0, false), (d.State, d.Setbacks, d.Asked, d.IsSettled)));
        Assert.DoesNotContain(_spool.Log.Entries, e => e.Id == 2308);

        // A late instance begins the next revision, which is written as this version's.
        await _spool.CommitAsync("1.10");
        Assert.Equal((SlideState.Receiving, 2), (_spool.Slide.Record!.State, _spool.Slide.Record.Revision));
        Assert.Equal(SlideRecord.CurrentSchema, SlideRecord.SchemaOf(_spool.Slide.RecordPath));
        Assert.Equal(schema < 3 ? [] : ["research"], _spool.Slide.Record.Destinations.Select(d => d.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task Torn_json_is_as_good_as_none(string torn)
    {
        await _spool.CommitAsync("1.9");
        foreach (var json in Directory.GetFiles(_spool.Slide.Folder, "*.json"))
            File.WriteAllText(json, torn);

        _spool.Restart();

        Assert.Single(_spool.Slide.Receipts());
        Assert.Equal(SlideState.Receiving, _spool.Slide.Record!.State);
    }

    [Fact]
    public async Task A_crash_before_the_rename_leaves_nothing_and_a_resend_is_stored()
    {
        await _spool.CommitAsync("1.8");
        var (_, receipt) = _spool.Part("1.9"); // part in in/, receipt already written
        File.WriteAllBytes(_spool.Slide.ReceiptPathOf(receipt), receipt.ToBytes());

        _spool.Restart();

        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
        Assert.Null(_spool.Slide.Find("1.9"));
        Assert.False(File.Exists(_spool.Slide.ReceiptPathOf(receipt)));
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
    }

    [Fact]
    public async Task A_crash_after_the_rename_keeps_the_instance_and_a_resend_is_identical()
    {
        await _spool.CommitAsync("1.8");
        var (path, receipt) = _spool.Part("1.9");
        File.WriteAllBytes(_spool.Slide.ReceiptPathOf(receipt), receipt.ToBytes());
        Assert.True(DurableFile.TryRename(path, _spool.Slide.PathOf(receipt)));

        _spool.Restart();

        Assert.Equal(receipt, _spool.Slide.Find("1.9"));
        Assert.Equal(CommitOutcome.Identical, await _spool.CommitAsync("1.9"));
    }

    [Fact]
    public async Task An_instance_of_the_wrong_length_is_set_aside_and_taken_again()
    {
        await _spool.CommitAsync("1.9");
        using (var file = File.OpenHandle(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!), FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 700);

        _spool.Restart();

        Assert.Null(_spool.Slide.Find("1.9"));
        Assert.Equal(["1.9"], _spool.Slide.Record!.Lost);
        Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "*.dcm"));
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
        Assert.Empty(_spool.Slide.Record.Lost);
    }

    [Theory]
    [InlineData(new SlideState[0])]
    [InlineData(new[] { SlideState.Waiting })]
    [InlineData(new[] { SlideState.Conflict })]
    [InlineData(new[] { SlideState.Complete })]
    [InlineData(new[] { SlideState.Complete, SlideState.Converting })]
    [InlineData(new[] { SlideState.Complete, SlideState.Converting, SlideState.Delivering })]
    [InlineData(new[] { SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered })]
    internal async Task An_acknowledged_instance_that_is_gone_fails_the_slide_with_an_alarm_until_it_comes_again(SlideState[] walk)
    {
        await _spool.CommitAsync("1.9");
        await _spool.CommitAsync("1.10");
        _spool.Walk(walk);
        File.Delete(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));

        _spool.Restart();

        Assert.Equal(SlideState.Failed, _spool.Slide.Record!.State);
        Assert.Contains("Instance 1.9 was acknowledged, and its file is gone", _spool.Slide.Record.Reason, StringComparison.Ordinal);
        Assert.Equal(["1.9"], _spool.Slide.Record.Lost);
        Assert.Contains(_spool.Log.Entries, e => e is { Id: 2301, Level: LogLevel.Critical });
        _spool.Restart(); // told once; the record keeps it
        Assert.Equal(SlideState.Failed, _spool.Slide.Record!.State);
        Assert.Equal(CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
        Assert.Equal(SlideState.Receiving, _spool.Slide.Record.State);
        Assert.Empty(_spool.Slide.Record.Lost);
    }

    [Fact]
    public async Task A_slide_of_which_nothing_but_a_receipt_is_left_is_not_forgotten()
    {
        await _spool.CommitAsync("1.9");
        File.Delete(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));
        File.Delete(_spool.Slide.RecordPath);

        _spool.Restart();

        Assert.Equal(SlideState.Failed, _spool.Slide.Record!.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_verified_slide_needs_its_spooled_instances_no_more(bool purging)
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering, SlideState.Delivered, SlideState.Verified);
        if (purging)
        {
            DurableFile.CreateDirectory(Path.GetDirectoryName(_spool.Folder.DonePath(_spool.Slide.Key))!);
            File.WriteAllBytes(_spool.Folder.DonePath(_spool.Slide.Key), _spool.Slide.Record!.Step(SlideState.Purged, _spool.Time.GetUtcNow(), "test").ToBytes());
        }

        File.Delete(_spool.Slide.PathOf(_spool.Slide.Find("1.9")!));

        _spool.Restart();

        Assert.Equal(SlideState.Verified, _spool.Slide.Record!.State);
        Assert.Equal(purging, _spool.Log.Entries.All(e => e.Id != 2301));
        Assert.Equal(purging ? CommitOutcome.Identical : CommitOutcome.Stored, await _spool.CommitAsync("1.9"));
        Assert.Equal((SlideState.Verified, 1), (_spool.Slide.Record.State, _spool.Slide.Record.Revision));
    }

    [Fact]
    public async Task A_failed_rename_leaves_no_receipt_that_would_tell_of_a_lost_instance()
    {
        await _spool.CommitAsync("1.8");
        var (path, receipt) = _spool.Part("1.9");
        File.Delete(path);

        await Assert.ThrowsAnyAsync<IOException>(async () => await _spool.Spool.CommitAsync(path, receipt, _ => { }, TestContext.Current.CancellationToken));
        _spool.Restart();

        Assert.Equal(SlideState.Receiving, _spool.Slide.Record!.State);
    }

    [Fact]
    public void A_large_interrupted_reception_stays_a_day_in_quarantine()
    {
        File.WriteAllBytes(Path.Join(_spool.Folder.In, "large.part"), new byte[2 << 20]);
        File.WriteAllBytes(Path.Join(_spool.Folder.In, "small.part"), new byte[10]);

        _spool.Restart();
        var kept = Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "*.part"));
        File.SetLastWriteTimeUtc(kept, _spool.Time.GetUtcNow().AddHours(-25).UtcDateTime);
        _spool.Restart();

        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
        Assert.Empty(Directory.GetFiles(_spool.Folder.Quarantine));
    }

    [Fact]
    public async Task Conversion_that_was_under_way_is_begun_again_and_counted()
    {
        await _spool.CommitAsync("1.9");
        SlideSpool.Save(_spool.Slide, _spool.Slide.Record! with { Committed = true });
        _spool.Walk(SlideState.Complete, SlideState.Converting);

        _spool.Restart();

        Assert.Equal((SlideState.Complete, 1), (_spool.Slide.Record!.State, _spool.Slide.Record.Strikes));
    }

    [Fact]
    public async Task A_slide_that_grew_during_the_conversion_a_crash_ended_is_asked_again_whether_it_is_whole()
    {
        await _spool.CommitAsync("1.9");
        SlideSpool.Save(_spool.Slide, _spool.Slide.Record! with { Committed = true, SenderFinished = true });
        _spool.Walk(SlideState.Complete, SlideState.Converting);
        await _spool.CommitAsync("1.10");

        _spool.Restart();

        Assert.Equal((SlideState.Receiving, false, false), (_spool.Slide.Record!.State, _spool.Slide.Record.Committed, _spool.Slide.Record.SenderFinished));
    }

    [Fact]
    public async Task A_reception_of_another_scanners_does_not_hide_that_an_instance_is_gone()
    {
        await _spool.CommitAsync("1.9");
        File.Delete(_spool.Slide.PathOf(_spool.Slide.Receipts()[0]));
        _spool.Part("1.9", scanner: "cert:BB");

        _spool.Restart();

        Assert.Equal(["1.9"], _spool.Slide.Record!.Lost);
        Assert.Contains(_spool.Log.Entries, e => e.Level == LogLevel.Critical && e.Id == 2301);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_kept_aside_and_told()
    {
        await _spool.CommitAsync("1.9");
        File.WriteAllText(_spool.Slide.RecordPath, "{\"state\": \"Flying\"}");

        _spool.Restart();

        Assert.Equal(SlideState.Receiving, _spool.Slide.Record!.State);
        Assert.Contains("Flying", File.ReadAllText(Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "slide-*.json"))), StringComparison.Ordinal);
        Assert.Contains(_spool.Log.Entries, e => e.Level == LogLevel.Critical && e.Id == 2308);
    }

    [Fact]
    public async Task The_spool_of_a_newer_Slideport_is_not_touched()
    {
        await _spool.CommitAsync("1.9");
        File.WriteAllText(_spool.Slide.RecordPath, $"{{\"schema\": {SlideRecord.CurrentSchema + 1}, \"state\": \"Flying\"}}");
        var before = Directory.GetFiles(_spool.Slide.Folder);

        var refused = Assert.Throws<SpoolException>(_spool.Restart);

        Assert.Contains("newer Slideport", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before.Order(), Directory.GetFiles(_spool.Slide.Folder).Order());
    }

    [Fact]
    public async Task An_instance_that_came_during_delivery_begins_the_next_revision_after_a_crash()
    {
        await _spool.CommitAsync("1.9");
        _spool.Walk(SlideState.Complete, SlideState.Converting, SlideState.Delivering);
        var delivering = _spool.Slide.Record!;
        await _spool.CommitAsync("1.10");
        SlideSpool.Save(_spool.Slide, delivering with { Manifest = delivering.Manifest! with { Sha256 = new string('0', 64) }, State = SlideState.Delivered });

        _spool.Restart();

        Assert.Equal((SlideState.Receiving, 2), (_spool.Slide.Record!.State, _spool.Slide.Record.Revision));
    }

    [Fact]
    public void The_image_stores_id_is_remembered()
    {
        Assert.Null(_spool.Folder.KnownStoreId());
        var id = Guid.NewGuid();
        _spool.Folder.RememberStore(null, id);

        _spool.Restart();

        Assert.Equal(id, _spool.Folder.KnownStoreId());
    }
}

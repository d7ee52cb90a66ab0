using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Protocol.Slides;
using Slideport.Slides.Svs;

namespace Slideport.Converter.Tests.Sam;

/// <summary>What a person can have done with a slide from afar, and what he is told.</summary>
public sealed class SlideActionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_that_waits_for_its_store_is_tried_again_at_once()
    {
        await using var host = new ConverterHost(new ConverterOptions());
        await host.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("first"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        Directory.Move(host.Images, host.At("away"));
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files"), "A-2", width: 400));
        await host.TurnUntilAsync(() => host.Records().Any(r => r is { State: SlideState.Waiting, Setbacks: >= 6 })); // its next turn is minutes away
        Directory.Move(host.At("away"), host.Images);
        var due = host.Records().Single(r => r.State == SlideState.Waiting).NotBefore;

        var answer = await AskAsync(host, SlideAction.Retry, Waiting(host));
        await host.TurnUntilAsync(() => host.Records().All(r => r.State == SlideState.Verified));

        Assert.True(answer.Result == SlideResult.Done, answer.Text);
        Assert.Contains("it was waiting: ", answer.Text, StringComparison.Ordinal);
        Assert.True(host.Time.GetUtcNow() < due);
        Assert.Equal(2, host.Delivered().Length);
        Assert.Equal(SlideResult.Refused, (await AskAsync(host, SlideAction.Retry, host.Records()[0].Key.Name)).Result);
    }

    [Fact]
    public async Task What_lies_in_the_store_is_read_and_compared_with_what_was_delivered_also_when_the_spool_has_let_it_go()
    {
        await using var host = await VerifiedAsync(TimeSpan.FromHours(1));
        var (slide, path) = (host.Records()[0].Key.Name, Path.Join(host.Images, Assert.Single(host.Delivered())));

        Assert.Equal(SlideResult.Done, (await AskAsync(host, SlideAction.Verify, slide)).Result);
        host.Time.Advance(TimeSpan.FromHours(1));
        var purged = await host.UntilAsync(SlideState.Purged);
        var good = await AskAsync(host, SlideAction.Verify, slide);
        Tests.Spool.SlideSpoolTests.FlipLastByte(path);
        var changed = await AskAsync(host, SlideAction.Verify, slide);
        File.Delete(path);
        var gone = await AskAsync(host, SlideAction.Verify, slide);
        Directory.Delete(host.Images, recursive: true);
        var away = await AskAsync(host, SlideAction.Verify, slide);

        Assert.Equal((SlideResult.Done, SlideResult.Differs, SlideResult.Differs, SlideResult.Failed), (good.Result, changed.Result, gone.Result, away.Result));
        Assert.Contains(purged.Manifest!.Sha256!, good.Text, StringComparison.Ordinal);
        Assert.Contains("is not what was delivered", changed.Text, StringComparison.Ordinal);
        Assert.Contains("is gone", gone.Text, StringComparison.Ordinal);
        Assert.Contains("cannot be read now", away.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_was_changed_is_delivered_once_more_beside_it_and_a_good_one_is_not()
    {
        await using var host = await VerifiedAsync(destinations: host => new() { ["research"] = new() { Location = Folder(host, "research") } });
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        var (slide, name) = (host.Records()[0].Key.Name, Assert.Single(host.Delivered()));

        var good = await AskAsync(host, SlideAction.Resend, slide);
        Assert.Equal(SlideState.Verified, host.Records()[0].State);
        Tests.Spool.SlideSpoolTests.FlipLastByte(Path.Join(host.Images, name));
        var changed = await AskAsync(host, SlideAction.Resend, slide);
        var record = await host.UntilAsync(r => r.State == SlideState.Verified && r.Manifest!.Path != name);

        Assert.Equal((SlideResult.Refused, SlideResult.Done), (good.Result, changed.Result));
        Assert.Contains("nothing is delivered twice", good.Text, StringComparison.Ordinal);
        Assert.Contains("is not what was delivered", changed.Text, StringComparison.Ordinal);
        using var svs = SvsFile.Open(Path.Join(host.Images, record.Manifest!.Path));
        Assert.Equal(500, svs.Levels[0].Width);
        Assert.Equal(2, host.Delivered().Length); // what lies there is somebody's now, and ours beside it
        Assert.Empty(host.Hidden());
        Assert.Single(Slides(host, "research")); // which had it
        Assert.Equal(DestinationState.Verified, Assert.Single(record.Destinations).State);
    }

    [Fact]
    public async Task A_copy_that_is_gone_is_delivered_under_its_name_again()
    {
        await using var host = await VerifiedAsync();
        var name = Assert.Single(host.Delivered());
        File.Delete(Path.Join(host.Images, name));

        var answer = await AskAsync(host, SlideAction.Resend, host.Records()[0].Key.Name);
        await host.TurnUntilAsync(() => host.Delivered() is [var again] && again == name && host.Records()[0].State == SlideState.Verified);

        Assert.Equal(SlideResult.Done, answer.Result);
    }

    [Fact]
    public async Task A_slide_goes_to_a_destination_that_no_rule_chose_when_a_person_asks_and_asking_again_makes_no_second_copy()
    {
        await using var host = await VerifiedAsync(destinations: host => new() { ["research"] = new() { Location = Folder(host, "research"), Barcode = "T.*" } });
        var slide = host.Records()[0].Key.Name;
        Assert.Empty(host.Records()[0].Destinations);

        var first = await AskAsync(host, SlideAction.Resend, slide, "RESEARCH");
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        var again = await AskAsync(host, SlideAction.Resend, slide, "research");
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        Assert.Single(Slides(host, "research"));
        File.Delete(Path.Join(host.At("research"), Slides(host, "research")[0]));
        await AskAsync(host, SlideAction.Resend, slide, "research");
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }] && Slides(host, "research").Length == 1);

        Assert.Equal((SlideResult.Done, SlideResult.Done), (first.Result, again.Result));
        Assert.Equal("research", Assert.Single(host.Records()[0].Destinations).Name);
        Assert.Contains(host.At("research"), (await AskAsync(host, SlideAction.Verify, slide)).Text, StringComparison.Ordinal); // read as well
    }

    [Fact]
    public async Task A_destination_that_is_taken_to_be_down_is_tried_when_a_person_asks()
    {
        await using var host = await VerifiedAsync(destinations: host => new() { ["away"] = new() { Location = host.At("away") } });
        await host.TurnUntilAsync(() => host.Log.Entries.Any(e => e.Id == 2212));
        for (var hours = 0; hours < 6; hours++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(20, Cancel);
        }

        Folder(host, "away");
        var asked = host.Time.GetUtcNow();
        var answer = await AskAsync(host, SlideAction.Retry, host.Records()[0].Key.Name);
        await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);

        Assert.Equal(SlideResult.Done, answer.Result);
        Assert.InRange(host.Time.GetUtcNow() - asked, TimeSpan.Zero, TimeSpan.FromMinutes(4)); // its own next turn is five minutes away
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_the_reason_and_changes_nothing()
    {
        await using var host = await VerifiedAsync(TimeSpan.FromHours(1), host => new() { ["research"] = new() { Location = Folder(host, "research"), Barcode = "T.*" } });
        var slide = host.Records()[0].Key.Name;

        var nowhere = await AskAsync(host, SlideAction.Resend, slide, "nowhere");
        var nothing = await AskAsync(host, SlideAction.Retry, slide);
        var unknown = await AskAsync(host, SlideAction.Verify, "../../etc/passwd");
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.UntilAsync(SlideState.Purged);
        var late = await AskAsync(host, SlideAction.Resend, slide, "research");
        File.Delete(Path.Join(host.Images, ".slideport-store.json")); // as where nothing is mounted
        await host.SendAndCommitAsync([TestSlide.Write(host.At("second"), "A-2", width: 400)[0]]);
        var early = await AskAsync(host, SlideAction.Verify, host.Records().Single(r => r.State != SlideState.Purged).Key.Name);

        Assert.All(new[] { nowhere, nothing, unknown, late }, a => Assert.Equal(SlideResult.Refused, a.Result));
        Assert.Contains("its destinations: research", nowhere.Text, StringComparison.Ordinal);
        Assert.Contains("It is verified", nothing.Text, StringComparison.Ordinal);
        Assert.Contains("no such slide", unknown.Text, StringComparison.Ordinal);
        Assert.Contains("the spool has let it go", late.Text, StringComparison.Ordinal);
        Assert.Contains("not been delivered yet", early.Text, StringComparison.Ordinal);
        Assert.Empty(Slides(host, "research"));
    }

    [Fact]
    public async Task A_pseudonym_is_in_no_answer_while_the_spool_has_the_slide_and_after()
    {
        await using var host = await VerifiedAsync(TimeSpan.FromHours(1), host =>
        {
            File.WriteAllText(host.At("key"), new string('k', 48));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(host.At("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return new() { ["research"] = new() { Location = Folder(host, "research"), Deidentify = true, KeyFile = host.At("key") } };
        });
        var record = await host.UntilAsync(r => r.Destinations is [{ State: DestinationState.Verified }]);
        var pseudonym = Path.GetFileNameWithoutExtension(record.Destinations[0].Manifest!.Path);

        var now = await AskAsync(host, SlideAction.Verify, record.Key.Name);
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.UntilAsync(SlideState.Purged);
        var after = await AskAsync(host, SlideAction.Verify, record.Key.Name);

        Assert.Equal((SlideResult.Done, SlideResult.Done), (now.Result, after.Result));
        Assert.Contains("its de-identified copy", now.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(pseudonym, now.Text + after.Text, StringComparison.Ordinal);
    }

    private static Task<SlideAnswer> AskAsync(ConverterHost host, SlideAction action, string slide, string? destination = null) =>
        host.Actions.DoAsync(new SlideRequest(Guid.NewGuid(), action, slide, destination), Cancel);

    private static string Waiting(ConverterHost host) => host.Records().Single(r => r.State == SlideState.Waiting).Key.Name;

    private static async Task<ConverterHost> VerifiedAsync(TimeSpan? retention = null, Func<ConverterHost, Dictionary<string, DestinationOptions>>? destinations = null)
    {
        var host = new ConverterHost(new ConverterOptions { Retention = retention ?? TimeSpan.FromDays(7) });
        host.Options = host.Options with { Destinations = destinations?.Invoke(host) ?? [] };
        await host.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.UntilAsync(SlideState.Verified);
        return host;
    }

    private static string Folder(ConverterHost host, string name) => Directory.CreateDirectory(host.At(name)).FullName;

    private static string[] Slides(ConverterHost host, string name) => [.. Directory.GetFiles(host.At(name), "*.svs").Select(p => Path.GetFileName(p)!)];
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Converter.Spool;
using Slideport.Settings;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary><c>slideport spool</c>: what lies in the spool and why, to try a slide again, or to let it go without a destination. Works while <c>serve</c> runs.</summary>
internal static class SpoolCommand
{
    // A converter that runs looks once a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly Argument<string> Id = new("ID") { Description = "The slide, as 'spool list' shows it (its beginning will do), or its Series Instance UID." };

    private static readonly Argument<string> Destination = new("DESTINATION") { Description = "One of the slide's destinations, as 'spool list' shows them." };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var letGo = new Option<bool>("--let-go") { Description = "Only slides that a destination was let go of, for want of room; those too that are purged since." };
        var list = new Command("list", "List the slides in the spool: state, since when, why.\n\nExample: slideport spool list --json") { json, letGo };
        list.TreatUnmatchedTokensAsErrors = false;
        list.SetAction(parsed => List(parsed.GetValue(letGo) ? SpoolView.ListLetGo(Folder(parsed)) : SpoolView.List(Folder(parsed)), parsed.GetValue(json)));

        var retry = new Command("retry", "Try a slide again that failed or waits.\n\nExample: slideport spool retry k7d2") { Id };
        retry.TreatUnmatchedTokensAsErrors = false;
        retry.SetAction((parsed, cancellationToken) => RetryAsync(Folder(parsed), parsed.GetValue(Id)!, cancellationToken));

        var waive = new Command("waive", "Let the spool go of a slide although a destination has not got it; who says so is in the converter's log.\n\nExample: slideport spool waive k7d2 research") { Id, Destination };
        waive.TreatUnmatchedTokensAsErrors = false;
        waive.SetAction((parsed, cancellationToken) => WaiveAsync(Folder(parsed), parsed.GetValue(Id)!, parsed.GetValue(Destination)!, cancellationToken));

        var resend = new Command("resend", "Have a slide go after all to a destination that it was let go of; made again from the folder of instances it was delivered as.\n\nExample: slideport spool resend k7d2 research") { Id, Destination };
        resend.TreatUnmatchedTokensAsErrors = false;
        resend.SetAction(parsed => Resend(Folder(parsed), parsed.GetValue(Id)!, parsed.GetValue(Destination)!));

        return new Command(
            "spool",
            "Look at the slides in the spool, try one again, or let it go without a destination; also while the converter runs.\n\n"
            + "Example: slideport spool list\n"
            + "Example: slideport spool retry k7d2\n"
            + "Example: slideport spool waive k7d2 research")
        {
            list, retry, waive, resend,
        };
    }

    private static string Folder(ParseResult parsed) =>
        SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, [.. parsed.UnmatchedTokens]).Converter().SpoolFolder;

    private static int List(IReadOnlyList<SlideStatus> slides, bool json)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(slides, JsonText.Options));
        else if (slides.Count == 0)
            Console.WriteLine("There are none.");
        else
            Print(slides);
        return ExitCode.Done;
    }

    private static void Print(IReadOnlyList<SlideStatus> slides)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("slide", "state", "for", "instances", "reason");
        foreach (var slide in slides)
        {
            // The first letters tell slides apart; the whole name is in the JSON.
            table.AddRow(
                slide.Id[..8], slide.State, Age(TimeProvider.System.GetUtcNow() - slide.Since), slide.Instances.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(slide.Reason));
            foreach (var destination in slide.Destinations)
                table.AddRow("", destination.State, Age(TimeProvider.System.GetUtcNow() - destination.Since), "", Markup.Escape($"{destination.Name}: {destination.Reason}"));
        }

        AnsiConsole.Write(table);
    }

    private static async Task<int> RetryAsync(string folder, string id, CancellationToken cancellationToken)
    {
        var slide = Find(SpoolView.List(folder), id);
        if (!slide.CanBeRetried)
        {
            Console.WriteLine($"Slide {slide.Id} is {slide.State}; only one that failed or waits, or a destination of which does, can be tried again.");
            return ExitCode.No;
        }

        SpoolView.RequestRetry(folder, slide);
        Console.WriteLine(!await IsTakenUpAsync(() => SpoolView.IsRequested(folder, slide), cancellationToken)
            ? $"No converter runs on {folder}; slide {slide.Id} will be tried again when one starts."
            : $"Slide {slide.Id} is being tried again; 'slideport spool list' shows what becomes of it.");
        return ExitCode.Done;
    }

    private static async Task<int> WaiveAsync(string folder, string id, string name, CancellationToken cancellationToken)
    {
        var slide = Find(SpoolView.List(folder), id);
        var destination = FindDestination(slide, name);
        if (destination.IsSettled)
        {
            Console.WriteLine($"Destination {destination.Name} of slide {slide.Id} is {destination.State}: there is nothing to waive.");
            return ExitCode.No;
        }

        SpoolView.RequestWaiver(folder, slide, destination, Environment.UserName);
        Console.WriteLine(await IsTakenUpAsync(() => SpoolView.IsWaiverRequested(folder, slide, destination), cancellationToken)
            ? $"Slide {slide.Id} need not go to {destination.Name} any more; the converter's log says who decided it."
            : $"No converter runs on {folder}; it will be taken up when one starts.");
        return ExitCode.Done;
    }

    private static int Resend(string folder, string id, string name)
    {
        var slide = Find(SpoolView.ListLetGo(folder), id);
        var destination = FindDestination(slide, name);
        if (destination.State != "letgo")
        {
            Console.WriteLine($"Slide {slide.Id} was not let go of {destination.Name}: it is {destination.State} there.");
            return ExitCode.No;
        }

        SpoolView.RequestResend(folder, slide, destination, Environment.UserName);
        Console.WriteLine($"Asked for slide {slide.Id} to go to {destination.Name}: the converter takes it back into the spool, now or when it starts; 'slideport spool list' shows it there, and the converter's log why it could not (events 2221, 2222).");
        return ExitCode.Done;
    }

    private static DestinationStatus FindDestination(SlideStatus slide, string name) => slide.Destinations.FirstOrDefault(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"Slide {slide.Id} does not go to {name}; its destinations: {(slide.Destinations.Count == 0 ? "none" : string.Join(", ", slide.Destinations.Select(d => d.Name)))}.");

    private static async Task<bool> IsTakenUpAsync(Func<bool> isRequested, CancellationToken cancellationToken)
    {
        for (var began = TimeProvider.System.GetTimestamp(); isRequested() && TimeProvider.System.GetElapsedTime(began) < Patience;)
            await Task.Delay(100, cancellationToken);
        return !isRequested();
    }

    private static SlideStatus Find(IReadOnlyList<SlideStatus> slides, string id) =>
        slides.Where(s => s.SeriesInstanceUid == id || s.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList() switch
        {
            [var one] => one,
            [] => throw new UsageException($"There is no slide {id} in the spool; 'slideport spool list' shows them."),
            var several => throw new UsageException($"{several.Count} slides begin with {id}; give more letters: {string.Join(", ", several.Select(s => s.Id))}."),
        };

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} h"),
        { TotalMinutes: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalSeconds)} s"),
    };
}

// Asks for the quality of two wines, and tells afterwards what the tasters found.
// Make WineClient.cs beside it: relevo client csharp wine --gateway http://127.0.0.1:8000
// The gateway's address comes in RELEVO_GATEWAY, a client's token in RELEVO_TOKEN.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;
using Relevo.Wine;

internal static class Program
{
    private static readonly WineInput[] Wines =
    {
        new WineInput
        {
            FixedAcidity = 7.4, VolatileAcidity = 0.7, CitricAcid = 0, ResidualSugar = 1.9, Chlorides = 0.076,
            FreeSulfurDioxide = 11, TotalSulfurDioxide = 34, Density = 0.9978, PH = 3.51, Sulphates = 0.56,
            Alcohol = 9.4,
        },
        new WineInput
        {
            FixedAcidity = 7.3, VolatileAcidity = 0.65, CitricAcid = 0, ResidualSugar = 1.2, Chlorides = 0.065,
            FreeSulfurDioxide = 15, TotalSulfurDioxide = 21, Density = 0.9946, PH = 3.39, Sulphates = 0.47,
            Alcohol = 10,
        },
    };

    private static int Main()
    {
        try
        {
            Run().GetAwaiter().GetResult();
            return 0;
        }
        catch (RelevoException error)
        {
            Console.Error.WriteLine(error.Code + ": " + error.Message);
            return 1;
        }
    }

    private static async Task Run()
    {
        string gateway = Environment.GetEnvironmentVariable("RELEVO_GATEWAY") ?? "http://127.0.0.1:8000";
        using (var client = new WineClient(gateway, Environment.GetEnvironmentVariable("RELEVO_TOKEN")))
        {
            IReadOnlyList<WinePrediction> predictions = await client.PredictBatchAsync(Wines);
            foreach (WinePrediction prediction in predictions)
            {
                string value = prediction.Value.ToString("R", CultureInfo.InvariantCulture);
                Console.WriteLine(prediction.Id + " " + value + " " + prediction.Version);
            }
            await client.LabelAsync(predictions[0].Id, 5);
            LabelCounts told = await client.LabelAsync(predictions[1].Id, 7);
            Console.WriteLine(told.Accepted + " label accepted");
        }
    }
}

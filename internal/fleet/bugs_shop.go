package fleet

func shopBugs() []*Bug {
	return append(shopJVM(), shopApple()...)
}

func shopJVM() []*Bug {
	const p = "com.acme.shop."
	return []*Bug{
		{
			Name: "cart total", Kind: KindCrash, Weight: 46, Flow: flowCheckout,
			Type: "java.lang.IllegalStateException", Message: "Cart total mismatch for order {id}",
			Frames: []string{
				p + "checkout.CheckoutActivity.onPayClicked(CheckoutActivity.kt:{112})",
				p + "checkout.CheckoutActivity.onCreate$lambda${l}(CheckoutActivity.kt:{61})",
				p + "checkout.CheckoutActivity$$ExternalSyntheticLambda{l}.onClick(D8$$SyntheticClass:0)",
			},
			Cause: &Cause{
				Type:    "java.lang.NullPointerException",
				Message: "Attempt to invoke virtual method 'java.math.BigDecimal com.acme.shop.cart.Price.amount()' on a null object reference",
				Frames: []string{
					p + "cart.PriceTable.lookup(PriceTable.kt:{27})",
					p + "cart.PriceTable.sum(PriceTable.kt:{44})",
					p + "cart.Cart.subtotal(Cart.kt:{71})",
					p + "cart.Cart.total(Cart.kt:{88})",
					p + "checkout.PaymentSheet.prepare(PaymentSheet.kt:{130})",
					p + "checkout.PaymentSheet.open(PaymentSheet.kt:{95})",
				},
			},
		},
		{
			Name: "catalog position", Kind: KindCrash, Weight: 30,
			Type: "java.lang.IndexOutOfBoundsException", Message: "Index: {n}, Size: {n}",
			Frames: []string{
				"java.util.ArrayList.get(ArrayList.java:437)",
				p + "catalog.CatalogAdapter.itemAt(CatalogAdapter.kt:{58})",
				p + "catalog.CatalogAdapter.onBindViewHolder(CatalogAdapter.kt:{39})",
				p + "catalog.CatalogAdapter.onBindViewHolder(CatalogAdapter.kt:{17})",
				"androidx.recyclerview.widget.RecyclerView$Adapter.bindViewHolder(RecyclerView.java:7847)",
				"androidx.recyclerview.widget.RecyclerView$Recycler.tryBindViewHolderByDeadline(RecyclerView.java:6646)",
			},
			Entry: EntryLoop,
		},
		{
			Name: "image cache", Kind: KindCrash, Weight: 34, Class: classLow,
			Type: "java.lang.OutOfMemoryError", Message: "Failed to allocate a {id} byte allocation with {n} free bytes and 4MB until OOM",
			Frames: []string{
				p + "image.ImageCache.decode(ImageCache.kt:{141})",
				p + "image.ImageCache.load(ImageCache.kt:{102})",
				p + "image.ImageLoader$load${l}.invokeSuspend(ImageLoader.kt:{48})",
			},
			Entry: EntryCoroutine,
		},
		{
			Name: "deep link", Kind: KindCrash, Weight: 22, Releases: []int{2}, AtStart: true,
			Type: "java.lang.IllegalArgumentException", Message: "No route for acme://item/{id}",
			Frames: []string{
				p + "navigation.Router.resolve(Router.kt:{66})",
				p + "navigation.Router.open(Router.kt:{31})",
				p + "MainActivity.handleIntent(MainActivity.kt:{84})",
				p + "MainActivity.onCreate(MainActivity.kt:{42})",
			},
			Entry: EntryCreate,
		},
		{
			Name: "sync", Kind: KindCrash, Weight: 14,
			Type: "java.util.ConcurrentModificationException",
			Frames: []string{
				"java.util.ArrayList$Itr.checkForComodification(ArrayList.java:1111)",
				"java.util.ArrayList$Itr.next(ArrayList.java:1064)",
				p + "sync.SyncQueue.lambda$drain${l}(SyncQueue.java:{88})",
				p + "sync.SyncQueue.drain(SyncQueue.java:{71})",
				p + "sync.SyncQueue$$ExternalSyntheticLambda{l}.run(D8$$SyntheticClass:0)",
			},
			Entry: EntryPool,
		},
		{
			Name: "prices on the main thread", Kind: KindANR, Weight: 1,
			Frames: []string{
				"java.lang.Object.wait(Native Method)",
				"java.lang.Object.wait(Object.java:405)",
				p + "catalog.PriceService.awaitPrices(PriceService.kt:{57})",
				p + "catalog.CatalogFragment.onViewCreated(CatalogFragment.kt:{88})",
				"androidx.fragment.app.Fragment.performViewCreated(Fragment.java:3128)",
				"androidx.fragment.app.FragmentStateManager.createView(FragmentStateManager.java:552)",
			},
			Entry: EntryLoop,
		},
		{
			Name: "coupon", Kind: KindError, Weight: 60,
			Type: "java.lang.IllegalArgumentException", Message: "Unknown coupon SUMMER-{id}",
			Frames: []string{
				p + "coupon.CouponParser.parse(CouponParser.kt:{29})",
				p + "coupon.CouponParser.accept(CouponParser.kt:{12})",
				p + "cart.CartViewModel.applyCoupon(CartViewModel.kt:{140})",
				p + "cart.CartFragment.onViewCreated$lambda${l}(CartFragment.kt:{77})",
			},
		},
	}
}

func shopApple() []*Bug {
	return []*Bug{
		{
			Name: "cart view", Kind: KindCrash, Language: Apple, Weight: 50, Flow: flowCheckout,
			Type: "NSRangeException", Message: "*** -[__NSArrayM objectAtIndexedSubscript:]: index {n} beyond bounds [0 .. {n}]",
			Frames: []string{
				"CoreFoundation -[__NSArrayM objectAtIndexedSubscript:] 192",
				"! CartView.pay {212}",
				"! CartView.payTapped {88}",
				"! CheckoutScreen.submit {140}",
			},
		},
		{
			Name: "filter", Kind: KindCrash, Language: Apple, Weight: 28,
			Type: "NSInvalidArgumentException", Message: "-[NSNull countByEnumeratingWithState:objects:count:]: unrecognized selector sent to instance 0x1f0a3{id}",
			Frames: []string{
				"CoreFoundation -[NSObject(NSObject) doesNotRecognizeSelector:] 308",
				"CoreFoundation ___forwarding___ 1404",
				"CoreFoundation _CF_forwarding_prep_0 96",
				"! FilterEngine.apply {412}",
				"! FilterEngine.refresh {76}",
				"! CatalogScreen.filterTapped {132}",
			},
		},
		{
			Name: "null price", Kind: KindCrash, Language: Kit, Weight: 1, Releases: []int{1}, OS: "18.5.0",
			Type: "NSInvalidArgumentException", Message: "-[NSNull length]: unrecognized selector sent to instance 0x1f0a3{id}",
			Frames: []string{
				"libsystem_kernel.dylib 38012", "libsystem_pthread.dylib 27820", "CoreFoundation 99120",
				"! 77016", "! 81244", "! 40128",
			},
		},
		{
			Name: "image format", Kind: KindError, Language: Apple, Weight: 60,
			Type: "ImageDecodingError", Message: "Unsupported format in item {id}",
			Frames: []string{
				"! ImageDecoder.decode {310}",
				"! ImageDecoder.load {92}",
				"! ItemScreen.showImage {204}",
			},
		},
	}
}
